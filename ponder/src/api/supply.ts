/** PHA that exist and circulate, as plain text: what sites that list tokens read. */
import { db } from "ponder:api";
import { token } from "ponder:schema";
import { formatEther } from "viem";
import type { ApiContext } from "./context.ts";
import { cached } from "./headers.ts";

/** The handler of a supply. In PHA with its decimals; with `?unit=wei`, in wei. */
export function supplyHandler(which: "total" | "circulating") {
  return async (context: ApiContext): Promise<Response> => {
    const unit = context.req.query("unit") ?? "pha";
    if (unit !== "pha" && unit !== "wei") {
      return context.json({ message: `\`unit\` is pha (the default) or wei, not ${JSON.stringify(unit)}.` }, 400);
    }
    const [row] = await db.select().from(token).limit(1);
    if (row === undefined) {
      return context.json({ message: "Nothing of PHA is indexed yet: ask again once /ready answers 200." }, 503);
    }
    const amount = which === "total" ? row.totalSupply : row.circulating;
    return cached(context, context.text(unit === "wei" ? String(amount) : formatEther(amount)));
  };
}
