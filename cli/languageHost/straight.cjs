"use strict";

/**
 * Environment variables that let a process of Pulumi reach the engine, which listens on this machine. Without them, gRPC would
 * use a lower-case proxy variable even for this machine.
 */
exports.straightToThisMachine = (env) => {
  if (!env.grpc_proxy && !env.https_proxy && !env.http_proxy) return {};
  const listed = [env.no_proxy, env.NO_PROXY, "localhost", "127.0.0.1", "::1"].filter(Boolean).join(",");
  return { no_proxy: listed };
};
