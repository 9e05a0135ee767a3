import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pageStyle } from "../../lib/page/palette.ts";
import { changesSection } from "./changesSection.ts";
import { Markup, markup, scriptData } from "./markup.ts";
import type { Fillable } from "./markup.ts";
import type { Outcome } from "../../lib/transactions/summary.ts";
import type { Report } from "./model.ts";
import type { Leftover } from "../transaction/leftovers.ts";
import { countsText, durationText, outcomeWords } from "./words.ts";

const asset = (name: string) => readFileSync(join(import.meta.dirname, "page", name), "utf8");

/**
 * A report as one page of HTML that needs nothing else: styles, script and data are in it, and its policy allows no request to
 * any host. All text of others is escaped.
 */
export function reportPage(report: Report): string {
  const style = `${pageStyle()}${asset("report.css")}`;
  const script = asset("report.mjs");
  const { stack, outcome, isTransaction, leftovers } = report;
  const title = `${stack}: ${outcomeWords(outcome, isTransaction)}`;
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src '${sourceOf(script)}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
<header>
<p class="eyebrow">${isTransaction ? "Deployment of stack" : "Run of stack"}</p>
<h1>${stack} <span class="badge ${BADGES[outcome]}">${outcomeWords(outcome, isTransaction)}</span></h1>
<p class="sub">${subtitleOf(report)}</p>
</header>
${factsOf(report)}
${failureOf(report)}
${leftoversOf(leftovers)}
${timelineOf(report)}
${changesSection(report)}
<footer>${footerOf(report)}</footer>
</main>
<div id="tip" class="tip" role="tooltip" hidden></div>
<div id="live" class="unseen" aria-live="polite"></div>
<script type="application/json" id="data">${scriptData({ timeline: report.timeline })}</script>
<script type="module">${new Markup(script)}</script>
</body>
</html>
`;
  return page.html;
}

/** A script's name in the policy: only this script may run. */
const sourceOf = (script: string) => `sha256-${createHash("sha256").update(script).digest("base64")}`;

const BADGES: Readonly<Record<Outcome, string>> = {
  committed: "good",
  rolledBack: "bad",
  incomplete: "bad",
  open: "warn",
  nothing: "",
};

const subtitleOf = ({ began, durationMs, counts, isTransaction, transactionId }: Report) =>
  markup`${dateText(began)} · took ${durationText(durationMs)} · ${countsText(counts, isTransaction)} · <code>${transactionId}</code> ${copyOf(transactionId)}`;

const dateText = (iso: string) => {
  const [day = "", time = ""] = iso.split("T");
  return markup`<time datetime="${iso}">${day} ${time.slice(0, 8)} UTC</time>`;
};

const copyOf = (text: string) =>
  markup`<button type="button" class="copy" data-copy="${text}" aria-label="copy ${text}">copy</button>`;

function factsOf({ asked, reached, caller, calls }: Report): Markup {
  const first = asked[0];
  const facts: (readonly [string, Fillable, Fillable?])[] = [];
  if (first) {
    facts.push(["Asked", markup`<code>npm run ${first.command}</code>`, asked.slice(1).map(furtherRun)]);
    if (first.by !== undefined) facts.push(["By", first.by, first.page !== undefined && pageLink(first.page)]);
    if (first.commit !== undefined) {
      const where = [first.branch !== undefined && `on ${first.branch}`, first.isDirty && "with changes not committed"];
      facts.push([
        "From commit",
        markup`<code>${first.commit.slice(0, 12)}</code> ${copyOf(first.commit)}`,
        where.filter(Boolean).join(", "),
      ]);
    }
  }
  if (reached !== undefined)
    facts.push(["Service", reached, caller !== undefined && markup`as <code>${caller}</code>`]);
  if (calls) {
    const more = [
      calls.repeated > 0 && `${calls.repeated} of them repetitions`,
      calls.refused > 0 && `${calls.refused} refused or lost`,
      calls.heldMs > 1000 && `held back by quotas for ${durationText(calls.heldMs)} in all`,
      calls.lost > 0 && `${calls.lost} more were not recorded`,
    ].filter((text) => text !== false);
    facts.push(["Calls", String(calls.calls), more.join(", ")]);
  }
  if (facts.length === 0) return new Markup("");
  const cells = facts.map(
    ([name, value, more]) =>
      markup`<div><dt>${name}</dt><dd>${value}${isThere(more) && markup`<span class="more">${more}</span>`}</dd></div>`,
  );
  return markup`<dl class="facts card">${cells}</dl>`;
}

const isThere = (value: Fillable) => value !== undefined && value !== false && value !== "" && !isEmptyList(value);
const isEmptyList = (value: Fillable) => Array.isArray(value) && value.length === 0;

const furtherRun = ({ command, at, by }: Report["asked"][number]) =>
  markup`then <code>npm run ${command}</code> ${dateText(at)}${by !== undefined && ` by ${by}`}<br>`;

/** Only pages of the web are links: the text comes from an environment variable. */
const pageLink = (page: string) =>
  /^https:\/\//.test(page) ? markup`<a href="${page}" rel="noreferrer">its CI run</a>` : page;

function failureOf({ failure, outcome }: Report): Markup {
  if (!failure) return new Markup("");
  const { what, reason, requestId } = failure;
  const title = what === "" ? "What failed" : `What failed first: ${what}`;
  const request =
    requestId !== undefined &&
    markup`<p>Request <code>${requestId}</code> ${copyOf(requestId)}, for the service's support.</p>`;
  const after =
    outcome === "rolledBack" && markup`<p>Everything was taken back: each object is as the service had it before.</p>`;
  return markup`<section class="failure card"><h2>${title}</h2><p>${reason}</p>${request}${after}</section>`;
}

function leftoversOf(leftovers: readonly Leftover[]): Markup {
  if (leftovers.length === 0) return new Markup("");
  // one command may help several objects
  const items = [...Map.groupBy(leftovers, ({ remedy }) => remedy)].map(([remedy, own]) => {
    const objects = own.map(
      ({ what, id, reason }) =>
        markup`<p class="object"><strong>${what}</strong> ${id !== undefined && markup`<code>${id}</code>`} <span class="why">${reason}</span></p>`,
    );
    const command = remedy !== undefined && markup`<div class="command"><code>${remedy}</code>${copyOf(remedy)}</div>`;
    return markup`<li>${objects}${command}</li>`;
  });
  return markup`<section class="left card"><h2>To be done by hand (${leftovers.length})</h2><ul>${items}</ul></section>`;
}

function timelineOf({ timeline, calls }: Report): Markup {
  const note =
    calls === undefined &&
    markup`<p class="empty">Attempts and waits of this deployment were not recorded: the bars are the steps of its log.</p>`;
  return markup`<section aria-labelledby="timeline-title">
<h2 id="timeline-title">Timeline</h2>
<div class="card" id="timeline">
<div class="tools">
<label><span class="unseen">Find an object or a request id</span><input type="search" id="search" placeholder="Find an object or request id"></label>
<label><input type="checkbox" id="problems"> only with trouble</label>
<span class="legend" aria-hidden="true"><span><i class="call"></i>call</span><span><i class="wait"></i>operation runs</span><span><i class="quota"></i>quota, pause</span><span><i class="bad"></i>refused</span>${
    timeline.rollbackAt !== undefined && markup`<span><i class="back"></i>rollback</span>`
  }</span>
</div>
${note}
<div class="axis" aria-hidden="true"><span>object</span><span class="ticks" id="ticks"></span><span></span></div>
<div id="chart"><noscript><p class="empty">The timeline needs JavaScript; everything else is on this page without it.</p></noscript></div>
</div>
<p class="sub">Arrow keys go from object to object and along its bar; Enter shows all its calls with their request ids.</p>
</section>`;
}

const footerOf = ({ transactionId, stack }: Report) =>
  markup`Made from the transaction log, which holds no secrets, by <code>npm run report -- --stack ${stack} --transaction ${transactionId}</code>.`;
