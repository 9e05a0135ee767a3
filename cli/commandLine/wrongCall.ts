/** The end of the list of exit codes in every help. */
export const WRONG_CALL =
  "2 also if the command was called wrongly, or a file that it needs cannot be read; then nothing was done.";
