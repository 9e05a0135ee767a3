/**
 * Lets the engine compress its state, where it keeps that in files or blobs itself: a twentieth of the size, to write at
 * each step and to keep in history and backups. Commands without this setting read it as well, and write it uncompressed
 * again. Pulumi Cloud does not know the setting.
 * @param env what it sets itself wins
 */
export function compressedState(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isSet = ["PULUMI_DIY_BACKEND_ZSTD", "PULUMI_DIY_BACKEND_GZIP"].some((name) => env[name] !== undefined);
  return isSet ? {} : { PULUMI_DIY_BACKEND_ZSTD: "true" };
}
