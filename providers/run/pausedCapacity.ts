import type { Capacity } from "../../lib/api/objects.ts";

/** A paused capacity, as far as it is known. */
export type PausedCapacity = Pick<Capacity, "displayName"> & Partial<Pick<Capacity, "sku">>;

/**
 * Remedy for a paused capacity, the commonest cause of failed runs. Fabric does not report the resource group. Only capacities of
 * Azure are resumed there: those of other SKUs are trials (`FT1`), which end for good, or Power BI's own.
 */
export function resumeCapacity({ displayName, sku }: PausedCapacity): string {
  if (sku !== undefined && !/^F\d+$/i.test(sku)) {
    const what = /^FT/i.test(sku)
      ? "It is a trial, which cannot be resumed once it has ended"
      : "Azure cannot resume it";
    return `${what} (SKU ${sku}): choose another capacity, or see to it in the admin portal, and run again.`;
  }
  return (
    `Resume it and run again: az fabric capacity resume --capacity-name ${displayName} --resource-group … ` +
    `(az resource list --name ${displayName} --query [].resourceGroup tells which).`
  );
}
