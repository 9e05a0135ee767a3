import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FabricError, NOT_THE_SERVICE, hadNoEffect, isOutcomeUnknown } from "../../../lib/api/fabricError.ts";
import { callOutcome, maySendAgain } from "../../../lib/api/outcome.ts";
import { decideRetry } from "../../../lib/retryHandler.ts";

const statuses = Array.from({ length: 500 }, (_, index) => index + 100);
const methods = ["GET", "POST", "PATCH", "PUT", "DELETE"] as const;
const neverSent = ["ECONNREFUSED", "EAI_AGAIN", "ENOTFOUND", "CircuitOpen", "Cancelled", "Interrupted"];
const mayHaveArrived = [
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ERR_BAD_RESPONSE",
  "ERR_CANCELED",
  "EHOSTUNREACH",
  "NetworkError",
  "OperationTimedOut",
  NOT_THE_SERVICE,
  "SomethingNew",
  "",
];

describe("what became of a call", () => {
  it("What became of a call is a refusal for the service's own client errors except 408, and unknown for every other status", () => {
    for (const status of statuses) {
      const isRefusal = status >= 400 && status <= 499 && status !== 408;
      assert.equal(callOutcome({ status, isServicesOwn: true }), isRefusal ? "refused" : "unknown", String(status));
    }
  });

  it("What became of a call is unknown for every status that somebody else answers with", () => {
    for (const status of statuses) {
      assert.equal(callOutcome({ status, isServicesOwn: false }), "unknown", String(status));
      assert.equal(callOutcome({ status, code: "ECONNREFUSED" }), "unknown", `${status} with a code of a connection`);
    }
  });

  it("What became of a call is known without an answer only if nothing was sent", () => {
    for (const code of neverSent) assert.equal(callOutcome({ code }), "notSent", code);
    for (const code of [undefined, ...mayHaveArrived]) assert.equal(callOutcome({ code }), "unknown", code);
  });

  it("What became of a call is the same in the error that a caller gets, whatever the status and the code", () => {
    for (const status of [undefined, ...statuses]) {
      for (const errorCode of ["Busy", `HTTP ${status}`, NOT_THE_SERVICE, ...neverSent, ...mayHaveArrived]) {
        const error = new FabricError({ operation: "x", errorCode, status });
        const isServicesOwn = errorCode !== NOT_THE_SERVICE && !errorCode.startsWith("HTTP ");
        const outcome = callOutcome({ status, code: errorCode, isServicesOwn });
        assert.equal(isOutcomeUnknown(error), outcome === "unknown", error.message);
        assert.equal(hadNoEffect(error), outcome !== "unknown", error.message);
      }
    }
  });

  it("What became of a call is neither no effect nor unknown for an operation that failed, which may have done a part of its work", () => {
    for (const errorCode of ["GitSyncFailed", "Cancelled"]) {
      const failed = new FabricError({ operation: "x", errorCode, operationId: "1", isOutcomeKnown: true });
      assert.deepEqual([isOutcomeUnknown(failed), hadNoEffect(failed)], [false, false]);
    }
  });
});

describe("a certificate that is refused", () => {
  for (const [codes, advice] of [
    [["SELF_SIGNED_CERT_IN_CHAIN", "DEPTH_ZERO_SELF_SIGNED_CERT"], /NODE_EXTRA_CA_CERTS/],
    [["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"], /NODE_EXTRA_CA_CERTS/],
    [["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"], /this machine's clock.*proxy/],
    [["ERR_TLS_CERT_ALTNAME_INVALID"], /another host.*address.*proxy/],
  ] as const)
    for (const code of codes)
      it(`A certificate that is refused as ${code} says what to do, and that nothing was sent`, () => {
        const error = new FabricError({ operation: "x", errorCode: code });
        assert.match(error.message, advice);
        assert.equal(hadNoEffect(error), true);
      });
});

describe("a call that failed", () => {
  it("A call that failed may be sent again in every case unless it is a POST that may have been executed", () => {
    for (const method of methods) {
      for (const replaySafe of [undefined, false, true]) {
        for (const outcome of ["notSent", "refused", "unknown"] as const) {
          const isDoubled = method === "POST" && replaySafe !== true && outcome === "unknown";
          const call = { method, replaySafe };
          assert.equal(maySendAgain(call, outcome), !isDoubled, `${method} ${String(replaySafe)} ${outcome}`);
          assert.equal(maySendAgain({ ...call, method: method.toLowerCase() }, outcome), !isDoubled);
        }
      }
    }
  });

  it("A call that failed is repeated as a plain POST only after the service's own 429 and what was never sent", () => {
    const again = statuses.flatMap((status) =>
      [true, false].flatMap((isServicesOwn) => {
        const isAllowed = maySendAgain({ method: "POST" }, callOutcome({ status, isServicesOwn }));
        return isAllowed && decideRetry(1, { status }).kind === "wait" ? [`${status} ${isServicesOwn}`] : [];
      }),
    );
    assert.deepEqual(again, ["429 true"]);
    const codes = [...neverSent, ...mayHaveArrived].filter(
      (code) => maySendAgain({ method: "POST" }, callOutcome({ code })) && decideRetry(1, { code }).kind === "wait",
    );
    assert.deepEqual(codes, ["ECONNREFUSED", "EAI_AGAIN", "ENOTFOUND"]);
  });
});
