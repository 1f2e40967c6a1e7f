/** Amounts of PHA and vPHA as people write them. */
import { formatEther, parseEther } from "viem";

/** Wei as a number of whole units: `1,250.5 vPHA`. */
export function amountText(wei: bigint, unit = "vPHA"): string {
  const [whole = "0", fraction] = formatEther(wei).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${grouped}${fraction === undefined ? "" : `.${fraction}`} ${unit}`;
}

/** Whole units with up to 18 decimals (`1250.5`) as wei; undefined for anything else. */
export function amountOf(text: string): bigint | undefined {
  return /^\d{1,12}(\.\d{1,18})?$/.test(text) ? parseEther(text) : undefined;
}
