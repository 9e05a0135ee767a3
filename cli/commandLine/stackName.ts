/** The parts of a stack's name, as a user gives it. */
export interface StackName {
  /** Its own name: of its file, its log and its locks. */
  readonly name: string;
  /** Name for the CLI: with the organization, if one was given. */
  readonly reference: string;
}

/**
 * Splits a stack's name: `S`, `PROJECT/S`, `ORG/S` or `ORG/PROJECT/S`. Of two parts, the first is the project if it has this
 * project's name. The CLI would read it as an organization, which a backend in a folder or a container does not have.
 * @param project name of this project
 * @throws Error if the text is no name, or names a stack of another project
 */
export function stackName(text: string, project: string): StackName {
  const parts = text.split("/");
  const name = parts.at(-1) ?? "";
  if (parts.length > 3 || parts.some((part) => !/^(?!\.+$)[\w.-]+$/.test(part)))
    throw new Error(`'${text}' is no name of a stack: give S, PROJECT/S or ORG/PROJECT/S. Nothing was done.`);
  const [organization, named] = parts.length === 3 ? [parts[0], parts[1]] : parts.length === 2 ? [parts[0]] : [];
  if (named !== undefined && named !== project)
    throw new Error(
      `Stack '${text}' is of project '${named}', and this is project '${project}'. Nothing was done. Run the command in the ` +
        `folder of that project, or name the stack ${name}.`,
    );
  if (organization === undefined || (named === undefined && organization === project)) return { name, reference: name };
  return { name, reference: `${organization}/${project}/${name}` };
}
