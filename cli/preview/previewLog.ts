/* What the CLI's event log (`--event-log FILE`) holds about a preview. Only what is used here is described. */

/** A resource on one side of a step. */
export interface ResourceState {
  /** `urn:pulumi:dev::fabric::fabric:FabricWorkspace::sales` of the component it belongs to. */
  readonly parent?: string;
  /** False or absent for components, which stand for nothing at the service. */
  readonly custom?: boolean;
  readonly protect?: boolean;
  /** Empty or absent if there is none yet. */
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** One step that the engine would take. */
export interface Step {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old: ResourceState | null;
  readonly new: ResourceState | null;
  /** What causes a replacement: names of inputs, or `id` if it is forced. Only some steps of a replacement have it. */
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
  /** Values of the stack's configuration by full key, as text; secret ones are masked by the CLI. */
  readonly config: Readonly<Record<string, string>>;
  /** What the program would change, in the engine's order. */
  readonly steps: readonly Step[];
  /** What a refresh found, if there was one; `new` is null for an object that is gone. */
  readonly refreshed: readonly Step[];
  readonly messages: readonly Message[];
  /** The engine came to the end of its work and found nothing wrong. */
  readonly isWhole: boolean;
}

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

/** Colours, as the engine marks them and as terminals take them. */
const COLOURS = /<\{%[^%]*%\}>|\u001B\[[\d;]*m/g;

/**
 * Reads an event log. A last line that was cut off is left out.
 *
 * Steps come from the events before them, and the findings of a refresh from the events after them. `pulumi preview --json`
 * has only the former, so it lacks what the refresh found.
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
