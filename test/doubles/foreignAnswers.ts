/* Answers that are not the service's, as they come through portals, proxies and gateways. */

/** An answer on the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const page = (status: number, title = "Hotel Wi-Fi: sign in", headers: Record<string, string> = {}): WireAnswer => ({
  status,
  headers: { "content-type": "text/html; charset=utf-8", ...headers },
  body: `<!doctype html><html><head><title>${title}</title></head><body>canary-body <form action="/login"></form></body></html>`,
});
const json = (body: string, status = 200): WireAnswer => ({
  status,
  headers: { "content-type": "application/json; charset=utf-8" },
  body,
});
const redirect = (status: number, location: string): WireAnswer => ({ status, headers: { location }, body: "" });

/** The one answer among the foreign ones that a few calls get: {@link FabricCall.isPlainlyAccepted}. */
export const PLAINLY_ACCEPTED = "202 without an operation";

/** Answers that are wrong for every call, also for one that returns nothing. */
export const foreign: Readonly<Record<string, WireAnswer>> = {
  "a page with 200": page(200),
  "somebody else's JSON": json('{"login":"https://portal.example.com/canary-body"}'),
  "a page with 201": page(201),
  "a page with 202": page(202),
  "an empty page": { status: 200, headers: { "content-type": "text/html", "content-length": "0" }, body: "" },
  "a page without a title": { ...page(200), body: "<html>canary-body</html>" },
  "text with 200": { status: 200, headers: { "content-type": "text/plain" }, body: "canary-body" },
  "JSON that says it is text": { ...json('{"id":"canary-body"}'), headers: { "content-type": "text/plain" } },
  "a page that says it is JSON": { ...page(200), headers: { "content-type": "application/json" } },
  "a page of no type": { ...page(200), headers: {} },
  "half an answer": json('{"value":[{"id":"canary'),
  "a redirect to a portal": redirect(302, "https://portal.example.com/login?from=canary-query"),
  "a redirect that keeps the method": redirect(307, "https://portal.example.com/v1/workspaces?canary-query"),
  "a redirect to nowhere": { status: 303, headers: {}, body: "" },
  "a page with 404": page(404, "Not found"),
  "a page with 403": page(403, "Blocked by the proxy"),
  "a page with 401": page(401, "Proxy login"),
  "a page with 409": page(409, "Conflict"),
  "a page with 429": page(429, "Slow down"),
  "a page with 503": page(503, "Gateway"),
  "404 without a body": { status: 404, headers: {}, body: "" },
  "[]": json("[]"),
  "a text": json('"canary-body"'),
  "a number": json("7"),
  "a list that is none": json('{"value":{}}'),
  "an entry without an id": json('{"value":[{"displayName":"x"}]}'),
  "an id that is a number": json(
    '{"id":7,"status":7,"value":[{"id":7}],"definition":{"parts":[{"path":"x","payload":7}]}}',
  ),
  "an id that leads elsewhere": json(
    '{"id":"../x","displayName":"x","type":"y","value":[{"id":"a/b","displayName":"x"}]}',
  ),
  [PLAINLY_ACCEPTED]: { status: 202, headers: { "content-length": "0" }, body: "" },
  "404 in somebody else's JSON": json('{"statusCode":404,"message":"canary-body"}', 404),
};

/** Answers that say nothing, and so are wrong where something is needed. */
export const sayingNothing: Readonly<Record<string, WireAnswer>> = {
  "no body": { status: 200, headers: { "content-type": "application/octet-stream", "content-length": "0" }, body: "" },
  "204": { status: 204, headers: {}, body: "" },
  "{}": json("{}"),
  null: json("null"),
};
