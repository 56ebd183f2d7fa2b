/** Buttons that make the student learn: run, one step, back to the start, another start. */

/** @import { Demo } from "../_shared/ui/mount.js" */
import { button } from "../_shared/ui/controls.js";
import { setText } from "../_shared/ui/dom.js";
import { clock } from "../_shared/ui/frame.js";
import { DICE, PAUSE, PLAY, RESTART, STEP } from "../_shared/ui/icons.js";

/** With reduced motion, a run is not animated: this many steps are shown at once. */
export const STEPS_AT_ONCE = 300;

/**
 * @param {{demo: Demo, session: Record<string, any>, say: (text: string) => void}} options
 * @returns {{buttons: HTMLElement[], halt: () => void, update: () => void, running: boolean,
 *   setSpeed: (steps: number) => void}}
 */
export function makeRunning({ demo, session, say }) {
  const { model, edit, request, root, signal } = demo;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let speed = 1;
  const time = clock(
    () => {
      if (!session.advance(speed)) halt();
      request();
    },
    signal,
    root,
  );
  function settle() {
    session.settle();
    request();
  }
  function halt() {
    if (!time.running) return;
    time.stop();
    settle();
  }
  function run() {
    if (time.running) return halt();
    say("");
    if (!session.student || session.student.diverged) return request();
    if (calm.matches) {
      session.advance(STEPS_AT_ONCE);
      return settle();
    }
    time.start();
    return request();
  }
  function step() {
    halt();
    session.advance(1);
    settle();
  }
  const again = (change) => () => {
    halt();
    say("");
    change();
    request();
  };
  const runButton = button({ label: "Run", path: PLAY, kind: "primary lu-play", onClick: run });
  const otherStart = () => edit({ seed: (model.get("seed") + 1) % 2 ** 32 });
  const buttons = [
    runButton,
    button({ label: "Step", path: STEP, onClick: step }),
    button({ label: "Reset", path: RESTART, onClick: again(session.reset) }),
    button({ label: "New start", path: DICE, onClick: again(otherStart) }),
  ];
  let shown = null;
  function update() {
    if (shown === time.running) return;
    shown = time.running;
    runButton.querySelector("path").setAttribute("d", shown ? PAUSE : PLAY);
    setText(runButton.querySelector("span"), shown ? "Pause" : "Run");
  }
  return {
    buttons,
    halt,
    update,
    get running() {
      return time.running;
    },
    setSpeed(steps) {
      speed = steps;
    },
  };
}
