"use strict";

/**
 * What a process of Pulumi's needs in its environment to reach the engine, which listens on this machine: gRPC takes proxies
 * that are named in lower case for that as well.
 */
exports.straightToThisMachine = (env) => {
  if (!env.grpc_proxy && !env.https_proxy && !env.http_proxy) return {};
  const listed = [env.no_proxy, env.NO_PROXY, "localhost", "127.0.0.1", "::1"].filter(Boolean).join(",");
  return { no_proxy: listed };
};
