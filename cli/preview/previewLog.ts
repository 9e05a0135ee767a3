/* The part of the CLI's event log (`--event-log FILE`) about a preview that is used here. */

/** A resource on one side of a step. */
export interface ResourceState {
  /** URN of the parent component: `urn:pulumi:dev::fabric::fabric:FabricWorkspace::sales`. */
  readonly parent?: string;
  /** False or absent for components, which have no object at the service. */
  readonly custom?: boolean;
  readonly protect?: boolean;
  /** Empty or absent if the object does not exist yet. */
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** One step that the engine would perform. */
export interface Step {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old: ResourceState | null;
  readonly new: ResourceState | null;
  /**
   * Causes of a replacement: names of inputs, or `id` if the replacement is forced. Only some steps of a replacement have keys.
   */
  readonly keys?: readonly string[] | null;
}

/** A message of the program, the provider or the engine. */
export interface Message {
  readonly severity: "error" | "warning" | "info";
  readonly text: string;
  readonly urn?: string;
}

/** A whole preview. */
export interface PreviewLog {
  /** Values of the stack's configuration by full key, as text. The CLI masks secrets. */
  readonly config: Readonly<Record<string, string>>;
  /** Changes of the program, in the engine's order. */
  readonly steps: readonly Step[];
  /** Findings of the refresh, if there was one. `new` is null for an object that is gone. */
  readonly refreshed: readonly Step[];
  readonly messages: readonly Message[];
  /** Whether the engine completed its work without errors. */
  readonly isWhole: boolean;
}

/** The texts of the errors that a run has shown. */
export const errorsIn = ({ messages }: Pick<PreviewLog, "messages">): readonly string[] =>
  messages.flatMap(({ severity, text }) => (severity === "error" ? [text] : []));

interface EngineEvent {
  readonly preludeEvent?: { readonly config: Readonly<Record<string, string>> | null };
  readonly resourcePreEvent?: { readonly metadata: Step };
  readonly resOutputsEvent?: { readonly metadata: Step };
  readonly diagnosticEvent?: {
    readonly severity: string;
    readonly message: string;
    readonly urn?: string;
    readonly ephemeral?: boolean;
  };
  readonly summaryEvent?: { readonly result?: string };
}

/** Colour marks of the engine and of terminals. */
const COLOURS = /<\{%[^%]*%\}>|\u001B\[[\d;]*m/g;

/**
 * Reads an event log. Ignores an incomplete last line.
 *
 * Steps come from the events before them, and the findings of a refresh from the events after them. `pulumi preview --json` has
 * only the former, so it lacks the findings of a refresh.
 */
export function readPreviewLog(text: string): PreviewLog {
  const steps: Step[] = [];
  const refreshed: Step[] = [];
  const messages: Message[] = [];
  let config: Readonly<Record<string, string>> = {};
  let isWhole = false;
  for (const event of eventsOf(text)) {
    if (event.preludeEvent) config = event.preludeEvent.config ?? {};
    const step = event.resourcePreEvent?.metadata;
    if (step && step.op !== "refresh") steps.push(step);
    const after = event.resOutputsEvent?.metadata;
    if (after?.op === "refresh") refreshed.push(after);
    const said = event.diagnosticEvent;
    if (said && !said.ephemeral && isSeverity(said.severity)) {
      const { severity, message, urn } = said;
      messages.push({ severity, text: message.replace(COLOURS, "").trim(), ...(urn ? { urn } : {}) });
    }
    if (event.summaryEvent) isWhole = event.summaryEvent.result === "succeeded";
  }
  return { config, steps, refreshed, messages, isWhole };
}

function* eventsOf(text: string): Generator<EngineEvent> {
  for (const line of text.split("\n")) {
    if (line === "") continue;
    try {
      yield JSON.parse(line) as EngineEvent;
    } catch {
      return;
    }
  }
}

function isSeverity(severity: string): severity is Message["severity"] {
  return severity === "error" || severity === "warning" || severity === "info";
}
