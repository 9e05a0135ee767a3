/** Remedy for a paused capacity, the commonest cause of failed runs. Fabric does not report the resource group. */
export const resumeCapacity = (capacity: string): string =>
  `Resume it and run again: az fabric capacity resume --capacity-name ${capacity} --resource-group … ` +
  `(az resource list --name ${capacity} --query [].resourceGroup tells which).`;
