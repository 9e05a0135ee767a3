/** Whether the Pulumi CLI, and so the project's commands, take the text of a variable for "on". */
export const isSwitchedOn = (value = ""): boolean => /^(true|1|t)$/i.test(value);
