/** The page of a workspace in the portal. */
export const portalUrl = (workspaceId: string): string => `https://app.fabric.microsoft.com/groups/${workspaceId}`;
