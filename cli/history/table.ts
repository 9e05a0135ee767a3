import { stripVTControlCharacters } from "node:util";
import { countsText, durationText, outcomeWords } from "../report/words.ts";
import type { Deployment, DeploymentHistory } from "./deployments.ts";

/** Most deployments that are listed unless more are asked for. */
export const LISTED = 20;

/** The history as lines for a terminal, newest first. */
export function historyTable({ stack, deployments, head, problems }: DeploymentHistory, most = LISTED): string {
  if (deployments.length === 0) return `Stack '${stack}' has no deployment yet.`;
  const rows = deployments.slice(0, most).map(cellsOf);
  const titles = ["BEGAN (UTC)", "TOOK", "OUTCOME", "CHANGES", "BY", "COMMIT", "TRANSACTION"];
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...rows.map((cells) => (cells[column] ?? "").length)),
  );
  const lines = [titles, ...rows].map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const more = deployments.length - rows.length;
  const sealed = deployments.filter(({ isSealed }) => isSealed).length;
  return [
    ...lines,
    ...(more > 0 ? [`… and ${more} older: --limit ${deployments.length}`] : []),
    "",
    ...(problems.length > 0
      ? [`The history was changed:`, ...problems.map((problem) => `  ${problem}`)]
      : [`${sealed} ended deployments, chained by hash: none was changed. Head ${head.slice(0, 16)}`]),
  ].join("\n");
}

function cellsOf({
  began,
  durationMs,
  outcome,
  isTransaction,
  counts,
  by,
  commit,
  transactionId,
}: Deployment): string[] {
  return [
    began.slice(0, 19).replace("T", " "),
    outcome === "open" ? "" : durationText(durationMs),
    outcomeWords(outcome, isTransaction),
    countsText(counts, isTransaction),
    by ?? "",
    commit?.slice(0, 9) ?? "",
    transactionId,
  ].map((cell) => stripVTControlCharacters(cell).replace(/\s/g, " "));
}
