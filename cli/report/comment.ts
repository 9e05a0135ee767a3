import { block, code, wholeCode } from "../preview/inertText.ts";
import type { Report } from "./model.ts";
import { countsText, durationText, outcomeWords } from "./words.ts";

/** Most leftovers in a comment; the page has all. */
const MOST_LEFTOVERS = 10;

/**
 * A deployment as a few lines of Markdown. The first line names the stack, so that a workflow finds its own comment again. The
 * line `<!-- report -->` stands where a workflow may put a link to the page.
 */
export function reportComment(report: Report): string {
  const { stack, transactionId, outcome, isTransaction, counts, durationMs, failure, leftovers, asked } = report;
  const mark = outcome === "committed" ? "✅" : outcome === "nothing" ? "➖" : "❌";
  const who = [asked[0]?.by && `by ${code(asked[0].by)}`, asked[0]?.commit && `from ${asked[0].commit.slice(0, 12)}`];
  const facts = [countsText(counts, isTransaction), durationText(durationMs), ...who.filter(Boolean)];
  const lines = [
    `<!-- fabric-report stack=${encodeURIComponent(stack)} -->`,
    `### ${mark} Deployment of stack ${wholeCode(stack)}: ${outcomeWords(outcome, isTransaction)}`,
    `${facts.join(" · ")} · ${wholeCode(transactionId)}`,
    ...(failure ? [`**What failed first:** ${failure.what && wholeCode(failure.what)}`, block(failure.reason)] : []),
    ...(leftovers.length > 0 ? [`**To be done by hand (${leftovers.length}):**`, leftoverList(report)] : []),
    "<!-- report -->",
  ];
  return `${lines.join("\n\n")}\n`;
}

function leftoverList({ leftovers }: Report): string {
  const shown = leftovers.slice(0, MOST_LEFTOVERS).map(({ what, reason, remedy }) => {
    const how = remedy === undefined ? "" : `<br>${wholeCode(remedy)}`;
    return `- ${code(what)}: ${code(reason)}${how}`;
  });
  const more = leftovers.length - shown.length;
  return [...shown, ...(more > 0 ? [`- ${more} more on the page`] : [])].join("\n");
}
