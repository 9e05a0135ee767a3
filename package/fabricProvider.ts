import resource from "@pulumi/pulumi/resource.js";
import type { CustomResourceOptions } from "@pulumi/pulumi/resource.js";
import { beginProgram, noteProgram } from "./program.ts";

/** Settings of the provider that a program may give in place of the stack's configuration. The commands do not need them. */
export interface FabricProviderArgs {
  /** `emulator`, or the base URL of the service. @default `fabric:endpoint` */
  readonly endpoint?: string;
  /** Refuse to run with a token of another tenant. @default `fabric:tenantId` */
  readonly tenantId?: string;
  /** How to sign in. @default `fabric:credential` */
  readonly credential?: string;
  /** What happens to a value that somebody changed at the service. @default `fabric:onDrift` */
  readonly onDrift?: "overwrite" | "warn" | "fail";
  /** Read definitions on refresh. @default `fabric:contentDrift` */
  readonly contentDrift?: boolean;
  /** Ask the service during previews. @default `fabric:preflight` */
  readonly preflight?: boolean;
}

/**
 * The provider of all Fabric resources of a program: one process, one client, one transaction log. A program needs none of its
 * own: the first resource makes it, from the stack's configuration (`fabric:endpoint`, `fabric:features`, …).
 */
export class FabricProvider extends resource.ProviderResource {
  /**
   * Makes the provider. It must come before the first resource of Fabric.
   * @param name of the resource. @default fabric
   * @throws RunError if the program has a provider already, or the configuration is wrong
   */
  constructor(name = "fabric", args: FabricProviderArgs = {}, opts?: CustomResourceOptions) {
    const begun = beginProgram(args);
    super("pulumi-nodejs", name, begun.inputs, opts);
    noteProgram({ ...begun.shared, provider: this });
  }
}
