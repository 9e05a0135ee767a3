/*
 * The face of the package: resources of Microsoft Fabric for Pulumi programs of one's own. docs/package.md is the page for its
 * users.
 */

export { FabricProvider } from "./fabricProvider.ts";
export type { FabricProviderArgs } from "./fabricProvider.ts";
export { FabricObject } from "./fabricObject.ts";
export { FabricWorkspace } from "./fabricWorkspace.ts";
export { deployConfiguration } from "./deployConfiguration.ts";
export * from "./resources.ts";
