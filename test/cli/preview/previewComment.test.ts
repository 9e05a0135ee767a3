import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { commentMarkdown, markerOf } from "../../../cli/preview/commentMarkdown.ts";
import { fittedSections } from "../../../cli/preview/fittedSections.ts";
import { readPreviewLog } from "../../../cli/preview/previewLog.ts";
import type { PreviewLog, ResourceState } from "../../../cli/preview/previewLog.ts";
import { commentOption } from "../../../cli/preview/previewComment.ts";
import { Redaction } from "../../../lib/telemetry/redaction.ts";
import { parseStackConfig } from "../../../lib/config/stackConfig.ts";
import { stackConfigValues } from "../../../lib/config/text.ts";

/** An event log that the real CLI wrote, without its debug messages. */
const recorded = (name: string) => readFileSync(join(import.meta.dirname, "recorded", `${name}.jsonl`), "utf8");

function comment(
  log: PreviewLog | undefined,
  { env = {}, stack = "test" }: { env?: NodeJS.ProcessEnv; stack?: string } = {},
): string {
  const options = { projectRoot: import.meta.dirname, stack, env: {} };
  const config =
    log && Object.keys(log.config).length > 0 ? parseStackConfig(stackConfigValues(log.config), options) : undefined;
  return commentMarkdown({ stack, log, config, redaction: new Redaction(env, () => []) });
}

/** What a reader sees: character references as characters, `<code>` as backticks. */
function read(markdown: string): string {
  return markdown
    .replace(/<\/?code>/g, "`")
    .replace(/&#(\d+);/g, (_, point: string) => String.fromCodePoint(Number(point)));
}

interface Made extends ResourceState {
  readonly name: string;
  readonly op: string;
}

/** A log with one step for each item of workspace `sales`. */
function logOf(steps: readonly Made[], rest: Partial<PreviewLog> = {}): PreviewLog {
  const stepOf = ({ name, op, inputs = {}, outputs = {}, protect = false }: Made) => {
    const state = {
      custom: true,
      parent: "urn:pulumi:test::fabric::fabric:FabricWorkspace::sales",
      inputs,
      outputs,
      protect,
    };
    const type = "pulumi-nodejs:dynamic/fabric:Item";
    const urn = `urn:pulumi:test::fabric::fabric:FabricWorkspace$${type}::sales/${name}`;
    return {
      op,
      urn,
      type,
      old: op === "create" ? null : { ...state, inputs: {} },
      new: op === "delete" ? null : state,
    };
  };
  return { config: {}, steps: steps.map(stepOf), refreshed: [], messages: [], isWhole: true, ...rest };
}

describe("the comment on a preview", () => {
  const log = readPreviewLog(recorded("previewChanges"));
  const text = read(comment(log));

  it("The comment on a preview begins with a marker for workflows, what is in it for scripts, and a summary for people", () => {
    assert.deepEqual(text.split("\n").filter(Boolean).slice(0, 4), [
      "<!-- fabric-preview stack=test -->",
      "<!-- fabric-preview failed=false changes=8 drift=2 -->",
      "### Preview of stack `test`",
      "**1 to delete, 1 to replace, 1 to lose protection, 2 to update, 3 to create**, 1 unchanged; 2 found different from the state.",
    ]);
  });

  it("The comment on a preview tells first what can lose something, and what it costs", () => {
    const [before, after = ""] = text.split("#### ⚠️ Destructive");
    assert.doesNotMatch(before ?? "", /\| (create|update|delete) \|/);
    assert.deepEqual(
      after.split("\n").filter((line) => line.startsWith("| ⚠️")),
      [
        "| ⚠️ **delete** | Workspace `finance` | **goes with everything in it** |",
        "| ⚠️ **replace** | Item `load` of `sales` | `type` `DataPipeline` → `Notebook`<br>the old one goes |",
        "| ⚠️ **unprotect** | Item `bronze` of `sales` | loses its protection: a later deployment may delete or replace it |",
      ],
    );
  });

  it("The comment on a preview tells what a refresh found, and what the deployment does about it", () => {
    assert.ok(
      text.includes("| Workspace `sales` | `displayName` | `sales-test` | `sales-renamed` | sets `sales-test` |"),
    );
    assert.ok(text.includes("| WorkspaceUser `bob@contoso.com` of `sales` | | | **gone** | makes it again |"));
  });

  it("The comment on a preview tells the other changes by workspace, old and new", () => {
    assert.ok(
      text.includes("<summary>Workspace `sales`: 1 to replace, 1 to lose protection, 2 to update, 3 to create"),
    );
    assert.ok(text.includes("| update | WorkspaceUser `alice@contoso.com` | `role` `Admin` → `Member` |"));
    assert.ok(text.includes("`description` `Orders | old` → `Orders `new` <b>@team</b>`"));
    assert.ok(
      text.includes(
        "| create | Item `gold` | `displayName` `gold`<br>`folderId` known after the deployment<br>`type` `Lakehouse` |",
      ),
    );
  });

  it("The comment on a preview tells what is protected, by what, and the one thing that lifts it", () => {
    assert.ok(text.includes("<summary>Protected from deletion and replacement (3)</summary>"));
    assert.ok(
      text.includes(
        "| Item `gold` of `sales` | `protect: true` | `protect: false` on it in `Pulumi.test.yaml`, deployed |",
      ),
    );
    assert.ok(text.includes("| Item `silver` of `sales` | `fabric:protectData` | `protect: false` on it in"));
    const removed = read(comment(readPreviewLog(recorded("previewProtected"))));
    assert.ok(
      removed.includes(
        "| Item `silver` of `sales` | `the state` | `pulumi state unprotect 'urn:pulumi:test::fabric::fabric:FabricWorkspace$pulumi-nodejs:dynamic/fabric:Item::sales/silver' --stack test` |",
      ),
    );
  });

  it("The comment on a preview of a preview that failed says so, with the errors, and which deletes are refused", () => {
    const failed = read(comment(readPreviewLog(recorded("previewProtected"))));
    assert.match(failed, /failed=true/);
    assert.match(failed, /❌ \*\*The preview failed\*\*/);
    assert.match(
      failed,
      /#### Errors\n\n<pre>Preview failed: resource ".*sales\/bronze" cannot be deleted\nbecause it is protected/,
    );
    assert.match(failed, /\| ⚠️ \*\*delete\*\* \| Item `bronze` of `sales` \| \*\*refused while it is protected\*\*/);
    assert.doesNotMatch(failed, /<pre>preview failed<\/pre>/);
  });

  it("The comment on a preview says so where the engine was not reached, or was cut off", () => {
    assert.match(comment(undefined), /failed=true[^]*The preview could not begin/);
    const torn = recorded("previewChanges").trimEnd().split("\n").slice(0, -1).join("\n").slice(0, -20);
    assert.match(comment(readPreviewLog(torn)), /failed=true[^]*The preview failed/);
  });

  it("The comment on a preview warns of data that goes, and says what is only given back", () => {
    const lakehouse = { type: "Lakehouse" };
    const step = (name: string, inputs: object, outputs: object) => {
      const [made] = logOf([{ name, op: "delete" }]).steps;
      assert.ok(made);
      return {
        ...made,
        old: { ...made.old, inputs: inputs as Record<string, unknown>, outputs: outputs as Record<string, unknown> },
      };
    };
    const steps = [
      step("a", lakehouse, {}),
      step("b", lakehouse, { adopted: {} }),
      step("c", { type: "Notebook" }, {}),
    ];
    const lines = read(comment({ ...logOf([]), steps }))
      .split("\n")
      .filter((line) => line.startsWith("| ⚠️"));
    assert.match(lines[0] ?? "", /Item `a`.*goes with its data/);
    assert.match(lines[1] ?? "", /Item `b`.*existed before the stack: stays/);
    assert.match(lines[2] ?? "", /Item `c` of `sales` \|  \|$/);
  });

  it("The comment on a preview warns of protection that is lifted together with what it would have refused", () => {
    const [made] = logOf([{ name: "a", op: "replace", inputs: { type: "Lakehouse" } }]).steps;
    assert.ok(made);
    const old = { ...made.old, inputs: { type: "Lakehouse" }, protect: true };
    assert.match(
      read(comment({ ...logOf([]), steps: [{ ...made, old }] })),
      /\*\*replace\*\* \| Item `a` of `sales` \| \*\*loses its protection by this very change\*\*<br>\*\*the old one goes, with its data/,
    );
  });

  it("The comment on a preview tells one by one who loses a role that nobody declared, among what is destructive", () => {
    const type = "pulumi-nodejs:dynamic/fabric:UnlistedUsers";
    const parent = "urn:pulumi:test::fabric::fabric:FabricWorkspace::sales";
    const side = (unlisted: object) => ({ custom: true, parent, inputs: { unlisted } });
    const urn = `${parent}$${type}::sales`;
    const found = side({
      "11111111-1111-4111-8111-0000000000c1": { name: "carol@contoso.com", type: "User", role: "Member" },
      "11111111-1111-4111-8111-0000000000d1": { name: "Analysts", type: "Group", role: "Viewer" },
      "11111111-1111-4111-8111-0000000000d2": { name: "Analysts", type: "Group", role: "Viewer" },
    });
    const text = read(
      comment({
        ...logOf([]),
        refreshed: [{ op: "refresh", urn, type, old: side({}), new: found }],
        steps: [{ op: "update", urn, type, old: found, new: side({}) }],
      }),
    );
    assert.match(text, /`role of carol@contoso.com` \| none \| `Member` \| removes it/);
    const [line = ""] = text.split("\n").filter((line) => line.startsWith("| ⚠️ **update**"));
    assert.match(line, /`role of carol@contoso.com` `Member` → none/);
    assert.equal(line.split("role of Analysts").length, 3);
    assert.match(line, /\*\*loses access\*\*/);
  });

  it("The comment on a preview shows a change of what the provider is told, such as the endpoint", () => {
    const type = "pulumi:providers:pulumi-nodejs";
    const side = (endpoint: string) => ({ custom: true, inputs: { "fabric:endpoint": endpoint } });
    const steps = [
      {
        op: "update",
        urn: `urn:pulumi:test::fabric::${type}::fabric`,
        type,
        old: side("https://one.example"),
        new: side("emulator"),
      },
    ];
    assert.match(
      read(comment({ ...logOf([]), steps })),
      /The stack itself: 1 to update[^]*`fabric:endpoint` `https:\/\/one\.example` → `emulator`/,
    );
  });

  it("The comment on a preview is the same for the same preview, whatever the order and the times of the events", () => {
    const lines = recorded("previewChanges").trimEnd().split("\n");
    const later = lines.map((line) =>
      line.replace(/"timestamp":\d+/, '"timestamp":1').replace(/"durationSeconds":\d+/, '"durationSeconds":9'),
    );
    const [prelude = "", ...events] = later;
    assert.equal(comment(readPreviewLog([prelude, ...events.reverse()].join("\n"))), comment(log));
  });
});

describe("what others wrote, in a comment", () => {
  const hostile = [
    "a | b",
    "`code` ``two``",
    "<script>alert(1)</script>",
    "</code></pre></details>",
    "<!-- fabric-preview stack=prod -->",
    "-->",
    "@contoso/owners",
    "#1",
    "[x](javascript:alert(1))",
    "![x](https://example.com/x.png)",
    "**bold** _it_ ~~no~~",
    "$x$",
    "\\",
    "line\nbreak\r\n| delete | x |",
    "right\u202Eto left",
    "zero\u200Bwidth",
    "&lt;b&gt; &#64;",
    "https://example.com",
    ":tada:",
  ];
  /** Text that a renderer would look at: without what stands in code. */
  const outside = (markdown: string) =>
    markdown
      .replace(/<code>[^<]*<\/code>/g, "")
      .replace(/<pre>[^<]*<\/pre>/g, "")
      .replace(/<!-- fabric-preview [\w= .%-]+ -->/g, "");

  for (const text of hostile) {
    it(`What others wrote, in a comment stays text: ${JSON.stringify(text)}`, () => {
      const log = logOf(
        [
          { name: text.replaceAll("::", ":"), op: "create", inputs: { displayName: text, [text]: text } },
          { name: "u", op: "update", inputs: { displayName: text } },
        ],
        {
          messages: [
            { severity: "error", text },
            { severity: "warning", text },
          ],
          isWhole: false,
        },
      );
      const markdown = comment(log);
      const inCode = [...markdown.matchAll(/<(code|pre)>([^<]*)<\/\1>/g)].map(([, , inner = ""]) => inner);
      assert.ok(inCode.length >= 6);
      for (const inner of inCode) assert.doesNotMatch(inner, /[`|@<>[\]*_~$\\!]|&(?!#\d+;)|[\u202E\u200B\r]/);
      assert.doesNotMatch(read(markdown), /[\u202E\u200B]/);
      assert.doesNotMatch(outside(markdown), /@|javascript|example\.com|alert|\u202E|tada/);
      // the same lines, whatever the values are
      const plain = comment(
        logOf(
          [
            { name: "x", op: "create", inputs: { displayName: "x", y: "x" } },
            { name: "u", op: "update", inputs: { displayName: "x" } },
          ],
          {
            messages: [
              { severity: "error", text: "x" },
              { severity: "warning", text: "x" },
            ],
            isWhole: false,
          },
        ),
      );
      const rows = (table: string) =>
        table
          .split("\n")
          .filter((line) => line.startsWith("|"))
          .map((line) => line.split("|").length);
      assert.deepEqual(rows(markdown), rows(plain));
    });
  }

  it("What others wrote, in a comment cannot end the quotes of a command to copy", () => {
    const [made] = logOf([{ name: "a'; curl example.com #", op: "delete" }]).steps;
    assert.ok(made);
    const steps = [{ ...made, old: { ...made.old, protect: true } }];
    assert.ok(
      read(comment({ ...logOf([]), steps })).includes(String.raw`sales/a'\''; curl example.com #' --stack test`),
    );
  });

  it("What others wrote, in a comment cannot end the marker, which no other stack's name begins", () => {
    assert.equal(markerOf("org/project/dev"), "<!-- fabric-preview stack=org%2Fproject%2Fdev -->");
    assert.doesNotMatch(markerOf("--> <b>").slice(0, -4), />/);
    assert.ok(!markerOf("dev2").startsWith(markerOf("dev")));
  });

  it("What others wrote, in a comment loses its middle where it is long, and shows no secret by name, by value or by look", () => {
    const log = logOf(
      [
        {
          name: "x",
          op: "update",
          inputs: {
            description: "long ".repeat(100),
            apiKey: "canary-one",
            note: "canary-two",
            other: "Bearer abc.def",
          },
        },
      ],
      {
        messages: [{ severity: "error", text: "refused canary-two" }],
      },
    );
    const markdown = comment(log, { env: { MY_SECRET: "canary-two" } });
    assert.doesNotMatch(markdown, /canary|abc\.def/);
    assert.match(markdown, /long long.{30,}…/);
    assert.ok(markdown.length < 2_000);
  });
});

describe("a comment that would be too long", () => {
  const many = (count: number, op: string) =>
    Array.from({ length: count }, (_, index) => ({
      name: `item-${index}`,
      op,
      inputs: { displayName: `|${"<ü>".repeat(60)}` },
    }));

  it("A comment that would be too long stays below 65,000 bytes, keeps what is destructive, and says how many lines were cut", () => {
    const steps = [...many(10_000, "update"), ...many(100, "delete")];
    const markdown = comment(logOf(steps));
    assert.ok(Buffer.byteLength(markdown) < 65_000);
    assert.equal(markdown.match(/^\| ⚠️/gm)?.length, 100);
    const kept = markdown.match(/^\| update \|/gm)?.length ?? 0;
    assert.ok(kept > 0);
    assert.ok(
      markdown.endsWith(
        `**${10_000 - kept} lines were cut, none of them destructive.** The output of the run has all.\n`,
      ),
    );
    assert.equal(markdown.match(/<details/g)?.length, markdown.match(/<\/details>/g)?.length);
  });

  it("A comment that would be too long leaves room for what is destructive where there are as many errors", () => {
    const messages = Array.from({ length: 1_000 }, (_, index) => ({
      severity: "error" as const,
      text: `resource ${index} cannot be deleted ${"because it is protected ".repeat(20)}`,
    }));
    const markdown = comment(logOf(many(100, "delete"), { messages, isWhole: false }));
    assert.equal(markdown.match(/^\| ⚠️/gm)?.length, 100);
    assert.match(markdown, /resource 4 [^]*995 more like these/);
    assert.doesNotMatch(markdown, /lines? (was|were) cut/);
  });

  it("A comment that would be too long says how many destructive lines were cut where even they do not fit", () => {
    const markdown = comment(logOf(many(10_000, "delete")));
    assert.ok(Buffer.byteLength(markdown) < 65_000);
    const kept = markdown.match(/^\| ⚠️/gm)?.length ?? 0;
    assert.ok(kept > 500);
    assert.match(markdown, new RegExp(`\\*\\*${10_000 - kept} lines were cut, ${10_000 - kept} of them destructive`));
  });

  it("A comment that would be too long leaves out the heading of a part whose lines all were cut", () => {
    const long = "x".repeat(500);
    const text = fittedSections(
      "head",
      [
        { above: "x".repeat(80), lines: [long] },
        { above: "two", lines: ["short"] },
      ],
      400,
    );
    assert.equal(
      text,
      "head\n\ntwo\nshort\n\n**1 line was cut, none of them destructive.** The output of the run has all.\n",
    );
  });
});

describe("the option --comment", () => {
  it("The option --comment is taken out of what pulumi gets", () => {
    assert.deepEqual(commentOption(["--stack", "dev", "--comment", "a.md", "--refresh"]), {
      file: "a.md",
      rest: ["--stack", "dev", "--refresh"],
    });
    assert.deepEqual(commentOption(["--comment=a.md"]), { file: "a.md", rest: [] });
    assert.deepEqual(commentOption(["--stack", "dev"]), { file: undefined, rest: ["--stack", "dev"] });
  });

  it("The option --comment needs a file", () => {
    for (const args of [["--comment"], ["--comment="], ["--comment", "--refresh"]])
      assert.throws(() => commentOption(args), /needs the name of the file/);
  });
});
