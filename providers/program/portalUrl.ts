/** Where a person finds a workspace. */
export const portalUrl = (workspaceId: string): string => `https://app.fabric.microsoft.com/groups/${workspaceId}`;
