import { collection } from "../core/collection.ts";
import type { DeclaredCollection } from "../core/collection.ts";
import { route, within } from "../core/guard.ts";
import type { Guard } from "../core/guard.ts";
import { badRequest, created, notFound, ok, page, ServiceError } from "../core/service.ts";
import type { Route, Service } from "../core/service.ts";
import type { CollectionDeclaration, Stored } from "../core/store.ts";
import { principalOf } from "./workspaces.ts";

/** A role in an object of the tenant. Its id is `{ownerId}/{principalId}`. */
export interface SharedRole extends Stored {
  readonly ownerId: string;
  readonly principalId: string;
  readonly type: string;
  readonly role: string;
}

/** The roles in objects of one kind: connections, or gateways. */
export interface SharedRoles {
  readonly collection: DeclaredCollection<SharedRole>;
  readonly routes: readonly Route[];
  /** Gives a role, as the service does to the maker of an object. */
  give(service: Service, ownerId: string, principalId: string, role: string): void;
  /** Whether a caller has a role. Objects of the seed have no roles: everybody may use them. */
  isVisible(service: Service, ownerId: string, caller: string): boolean;
}

const types = ["User", "Group", "ServicePrincipal", "ServicePrincipalProfile"];

/**
 * The role assignments below an object. The id of an assignment is its principal's.
 * @param guard finds the object
 * @param of its collection, the path of the list of objects, the names of the roles, and the code for a type without roles
 */
export function sharedRoles(
  guard: Guard<Stored>,
  of: {
    readonly name: string;
    /** The collection of the objects. */
    readonly owners: CollectionDeclaration;
    readonly path: string;
    readonly parameter: string;
    readonly roles: readonly string[];
    readonly refusedType?: { readonly type: string; readonly errorCode: string; readonly message: string };
  },
): SharedRoles {
  const roles = collection<SharedRole>(of.name, { ownedBy: { [of.owners.name]: "ownerId" } });
  const ownedBy = (service: Service, ownerId: string) =>
    roles
      .in(service)
      .all()
      .filter((one) => one.ownerId === ownerId);
  const assignment = within(guard, `/roleAssignments/{${of.parameter}}`, ({ id }, principalId, _call, service) => {
    const found = roles.in(service).get(`${id}/${principalId}`);
    if (!found) throw notFound("role assignment");
    return found;
  });
  const roleOf = (value: unknown): string => {
    const role = of.roles.find((known) => known === value);
    if (role === undefined) throw badRequest("The role field is invalid.");
    return role;
  };
  return {
    collection: roles,
    give: (service, ownerId, principalId, role) => {
      const type = principalOf(service, principalId)?.type ?? "User";
      roles.in(service).put({ id: `${ownerId}/${principalId}`, ownerId, principalId, type, role });
    },
    isVisible(service, ownerId, caller) {
      const own = ownedBy(service, ownerId);
      return own.length === 0 || own.some(({ principalId }) => principalId === caller);
    },
    routes: [
      route("GET", guard, "/roleAssignments", ({ id }, call, service) => {
        const shown = ownedBy(service, id).map(described);
        return page(call, service, shown, `${of.path}/${id}/roleAssignments`);
      }),
      route("POST", guard, "/roleAssignments", ({ id: ownerId }, call, service) => {
        const { id, type } = (call.body["principal"] ?? {}) as { id?: string; type?: string };
        if (!id || !type || !types.includes(type)) throw badRequest("The principal field is invalid.");
        const role = roleOf(call.body["role"]);
        if (type === of.refusedType?.type)
          throw new ServiceError(400, of.refusedType.errorCode, of.refusedType.message);
        const principal = principalOf(service, id);
        // the service gives no other reason, for a known principal with a role as for an unknown one
        if (!principal || roles.in(service).get(`${ownerId}/${principal.id}`))
          throw new ServiceError(400, "UnknownError", "An unexpected error occurred while processing the request", {
            moreDetails: [],
          });
        const made = roles.in(service).put({
          id: `${ownerId}/${principal.id}`,
          ownerId,
          principalId: principal.id,
          type,
          role,
        });
        const Location = `https://api.fabric.microsoft.com/v1${of.path}/${ownerId}/roleAssignments/${principal.id}`;
        return created(described(made), { Location });
      }),
      route("GET", assignment, "", (one) => ok(described(one))),
      route("PATCH", assignment, "", ({ id }, call, service) =>
        ok(described(roles.in(service).change(id, { role: roleOf(call.body["role"]) }))),
      ),
      route("DELETE", assignment, "", ({ id }, _call, service) => {
        roles.in(service).delete(id);
        return ok();
      }),
    ],
  };
}

const described = ({ principalId: id, type, role }: SharedRole) => ({ id, principal: { id, type }, role });
