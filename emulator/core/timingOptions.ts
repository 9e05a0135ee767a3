import type { Levers } from "./service.ts";

/**
 * The levers of time and quota for a command line.
 * @throws Error if a value is invalid
 */
export function timingOptions(options: {
  readonly timing?: string | undefined;
  readonly speed?: string | undefined;
  readonly quota?: string | undefined;
}): Partial<Levers> {
  const { timing, speed, quota } = options;
  if (timing !== undefined && timing !== "recorded" && timing !== "immediate")
    throw new Error(`--timing is recorded or immediate, not ${timing}.`);
  if (quota !== undefined && quota !== "documented" && quota !== "none")
    throw new Error(`--quota is documented or none, not ${quota}.`);
  if (speed !== undefined && !(Number(speed) > 0 && Number.isFinite(Number(speed))))
    throw new Error(`--speed is a number above 0, not ${speed}.`);
  return {
    ...(timing && { timing }),
    ...(speed !== undefined && { speed: Number(speed) }),
    ...(quota && { quota }),
  };
}
