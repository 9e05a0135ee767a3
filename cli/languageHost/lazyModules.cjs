"use strict";

/*
 * Loaded first into the Node processes that Pulumi starts. Pulumi's SDK begins by loading the TypeScript compiler, and before
 * 3.276 npm's tree of dependencies: both are 41 of its 84 MB, and 180 of its 300 ms of CPU. Only the serialization of a function
 * needs them, and this project serializes none. Here each is loaded when something of it is used for the first time.
 */

const Module = require("node:module");

/** The second is what the SDK takes if there is no TypeScript: its own copy. Programs that use the package may have an older SDK. */
const heavy = [/^(typescript|@npmcli\/arborist)$/, /[\\/]vendor[\\/]typescript@[^\\/]+[\\/]typescript\.js$/];
const sdk = /[\\/]@pulumi[\\/]pulumi[\\/]/;

/** A module that is loaded by the first use of a property. */
function loadedAtFirstUse(load) {
  let loaded;
  const module = () => (loaded ??= load());
  return new Proxy(
    {},
    {
      get(_target, name) {
        // compiled `import * as` would otherwise copy all properties at once
        if (name === "__esModule") return true;
        return name === "default" ? (module().default ?? module()) : module()[name];
      },
      has: (_target, name) => name in module(),
    },
  );
}

// there is no documented way to put another object in a module's place for one importer
const load = Module._load;
Module._load = function (request, importer, isMain) {
  const own = () => load.call(this, request, importer, isMain);
  if (!sdk.test(importer?.filename ?? "") || !heavy.some((name) => name.test(request))) return own();
  // throws if there is none, as the SDK expects
  Module._resolveFilename(request, importer, isMain);
  return loadedAtFirstUse(own);
};
