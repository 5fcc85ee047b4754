/** Codes of Close frames (RFC 6455 §7.4). */

/** Codes that may be in a Close frame, the ends of each range among them. */
export const goodCodes = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];

/** Codes that may not. */
export const badCodes = [
  0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 32_768, 65_535,
];
