import { defineFamily } from "../core/family.ts";
import { route } from "../core/guard.ts";
import { ok, ServiceError } from "../core/service.ts";
import { isObject, textIn } from "../definitions/definition.ts";
import { connections } from "./connections.ts";
import { typedItem } from "./items.ts";
import { items } from "./itemStore.ts";

/**
 * Bindings of semantic models to connections: the model's data source that has these details uses the connection.
 * @see https://learn.microsoft.com/rest/api/fabric/semanticmodel/items/bind-semantic-model-connection
 */
export const semanticModelFamily = defineFamily({
  name: "semantic models",
  routes: [
    route("POST", typedItem("SemanticModel", "Contributor"), "/bindConnection", (model, call, service) => {
      const { connectionBinding: binding } = call.body;
      const details = isObject(binding) ? binding["connectionDetails"] : undefined;
      if (!isObject(binding) || !isObject(details) || !details["type"] || typeof details["path"] !== "string")
        throw invalid("a connectionBinding needs connectionDetails with type and path");
      const isUnbinding = binding["connectivityType"] === "None";
      if (!isUnbinding && !connections.in(service).get(textIn(binding["id"])))
        throw invalid("there is no connection with the given id");
      const others = (model.connections ?? []).filter((other) => !isSameSource(other["connectionDetails"], details));
      items.in(service).change(model.id, { connections: isUnbinding ? others : [...others, binding] });
      return ok();
    }),
  ],
});

const invalid = (why: string) =>
  new ServiceError(400, "InvalidRequest", `Invalid bind semantic model connection request: ${why}.`);

const isSameSource = (left: unknown, right: Readonly<Record<string, unknown>>) =>
  isObject(left) && left["type"] === right["type"] && left["path"] === right["path"];
