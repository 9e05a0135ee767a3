import { spawn } from "node:child_process";

/* Messages of the set-up. All go to stderr, because stdout belongs to the program that runs afterwards. */

/** Prints one plain line. */
export function say(line) {
  console.error(line);
}

/** 75 -> "1 min 15 s". */
function elapsed(sinceMs) {
  const seconds = Math.round((performance.now() - sinceMs) / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/**
 * Announces a long step, and keeps reporting its duration and current activity: in a terminal on one line, updated every
 * second; elsewhere (a CI log) on a new line every 15 s.
 */
export function startProgress(title) {
  const terminal = process.stderr.isTTY === true;
  const begin = performance.now();
  let detail = "";
  say(`${title} …`);
  const timer = setInterval(
    () => {
      const line = `  ${elapsed(begin)}${detail && `: ${detail}`}`;
      if (terminal) process.stderr.write(`\r\x1b[2K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
      else say(line);
    },
    terminal ? 1000 : 15_000,
  );
  return {
    /** Sets the current activity. */
    detail(text) {
      detail = text;
    },
    /** Ends the display, with a last line if there is a result. */
    end(result) {
      clearInterval(timer);
      if (terminal) process.stderr.write("\r\x1b[2K");
      if (result) say(`  ${result} (${elapsed(begin)})`);
    },
  };
}

/**
 * Runs a command with its output hidden. The last line of output is the progress, in the words of `describe`. If the command
 * fails or takes longer than `timeoutSeconds`, the error contains the last lines.
 */
export async function runStep(title, command, args, { cwd, env, timeoutSeconds, describe = (line) => line } = {}) {
  const progress = startProgress(title);
  const output = [];
  const windows = process.platform === "win32"; // there npm is a .cmd file, which only a shell can start
  const child = spawn(command, args, { cwd, env, shell: windows, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output.push(...text.split(/[\r\n]+/).filter((line) => line.trim() !== ""));
      output.splice(0, output.length - 15);
      progress.detail(describe(output.at(-1) ?? ""));
    });
  }
  const timer = timeoutSeconds && setTimeout(() => child.kill("SIGKILL"), timeoutSeconds * 1000);
  const failure = await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.code === "ENOENT" ? `${command} was not found` : error.message));
    child.once("close", (code, signal) => {
      if (code === 0) resolve(undefined);
      else
        resolve(
          `${command} ended with ${signal ?? `exit code ${code}`}${output.map((line) => `\n    ${line}`).join("")}`,
        );
    });
  });
  clearTimeout(timer);
  progress.end(failure ? undefined : "done");
  if (failure) throw new Error(failure);
}
