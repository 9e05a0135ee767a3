/**
 * Lets the engine compress a state that is kept in files or blobs: to a twentieth of its size, which the engine writes at each
 * step, and keeps in history and backups. Every command reads both forms. Pulumi Cloud does not know the setting.
 * @param env its own setting wins
 */
export function compressedState(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isSet = ["PULUMI_DIY_BACKEND_ZSTD", "PULUMI_DIY_BACKEND_GZIP"].some((name) => env[name] !== undefined);
  return isSet ? {} : { PULUMI_DIY_BACKEND_ZSTD: "true" };
}
