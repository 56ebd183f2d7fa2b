/** Line icons: paths of 24x24 drawings for `icon` and `button`. */

export const ADD = "M12 5v14M5 12h14";
export const CHECK = "M5 12.500l5 5 9-11";
export const COPY = "M9 9h11v11H9zM5 15H4V4h11v1";
export const DICE = "M4 4h16v16H4zM8.5 8.5h.01M15.5 15.5h.01M15.5 8.5h.01M8.5 15.5h.01M12 12h.01";
export const DOWN = "M12 5v14M6 13l6 6 6-6";
export const FIT = "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5";
export const LOCK = "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3";
export const MIRROR = "M12 3v18M9 7l-5 5 5 5zM15 7l5 5-5 5z";
export const NEXT = "M5 5l9 7-9 7zM18 5v14";
export const PAUSE = "M8 5v14M16 5v14";
export const PEN = "M4 20l1-4L16 5l3 3L8 19z";
export const PLAY = "M7 4.5v15l12-7.5z";
export const PREVIOUS = "M19 5l-9 7 9 7zM6 5v14";
export const REMOVE = "M6 6l12 12M18 6L6 18";
export const RESTART = "M4 4v6h6M4.500 10a8 8 0 1 1-.500 5";
export const ROTATE = "M20 11a8 8 0 1 0-2.500 6M20 4v7h-7";
export const STEP = "M6 4.5v15l9-7.5zM18 5v14";
export const SUBTRACT = "M5 12h14";
export const TRASH = "M4 7h16M9 7V4h6v3M6.500 7l1 13h9l1-13";
export const UNDO = "M9 14L4 9l5-5M4 9h10a6 6 0 010 12h-3";
export const UP = "M12 19V5M6 11l6-6 6 6";
export const UPDOWN = "M8 9l4-4 4 4M8 15l4 4 4-4";
export const UPLOAD = "M12 16V5M7 9l5-5 5 5M4 16v4h16v-4";
