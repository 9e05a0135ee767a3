"use strict";

/*
 * Loaded into the Node processes of a command that shows no debug messages. Pulumi's SDK sends the engine three of them for each
 * resource, each by a call of its own and one after the other, and the engine drops them unless somebody asked for them: a
 * quarter of the CPU of a preview without changes. With this file, the SDK sends none.
 */

const Module = require("node:module");

const sdk = /[\\/]@pulumi[\\/]pulumi[\\/]/;

/** Whether a module of the SDK is its log. */
const isLog = (module) => typeof module?.debug === "function" && typeof module.hasErrors === "function";

// there is no setting of the SDK for it
const load = Module._load;
Module._load = function (request, importer, isMain) {
  const module = load.call(this, request, importer, isMain);
  if (/(^|\/)log$/.test(request) && sdk.test(importer?.filename ?? "") && isLog(module)) {
    module.debug = () => Promise.resolve();
  }
  return module;
};
