import type { Context } from "hono";

/**
 * The body of a request: JSON, a form, or JSON inside a JSON string, which some clients send. Any other body counts as empty.
 */
export async function bodyOf(context: Pick<Context, "req">): Promise<Record<string, unknown>> {
  const text = await context.req.text();
  if (context.req.header("content-type")?.startsWith("application/x-www-form-urlencoded")) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  try {
    const parsed: unknown = JSON.parse(text || "{}");
    const value: unknown = typeof parsed === "string" ? JSON.parse(parsed) : parsed;
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
