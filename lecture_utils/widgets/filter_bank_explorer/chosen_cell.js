/** The cell that is enlarged: where the pointer is, else where the focus was last. */

/**
 * @param {() => void} request Draw soon.
 * @returns {Record<string, any>}
 */
export function chosenCell(request) {
  let visit = null;
  let stay = null;
  return {
    /**
     * `at` is `{filter, image}`, without image (-1) in the first column, or null; `stays` after
     * focus and touch.
     */
    visit(at, stays) {
      if (at && at.image < 0) at.image = (visit ?? stay)?.image ?? 0;
      visit = stays ? null : at;
      if (stays) stay = at;
      request();
    },
    stayAt(at) {
      stay = at;
      visit = null;
    },
    forget() {
      visit = stay = null;
    },
    /** The cell among those that exist. */
    current({ order, judged, images }) {
      const { filter, image } = visit ??
        stay ?? { filter: order[0] ?? judged.ranking[0], image: 0 };
      const exists = filter < judged.marks.length;
      return {
        filter: exists ? filter : judged.ranking[0],
        image: Math.min(image, images.length - 1),
      };
    },
  };
}
