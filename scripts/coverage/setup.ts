/** Before and after each file of Vitest's while coverage is measured. */
import hre from "hardhat";
import { afterAll } from "vitest";

/** Each statement of an instrumented contract makes a call: limits that are enough for the genuine ones are too low. */
const GAS = "0x40000000";

hre.hooks.registerHandlers("network", {
  onRequest: async (context, connection, request, next) => {
    if (!/^eth_(?:sendTransaction|call)$/.test(request.method) || !Array.isArray(request.params)) {
      return next(context, connection, request);
    }
    const [transaction, ...rest] = request.params as readonly unknown[];
    const params = [{ ...(transaction as object), gas: GAS }, ...rest];
    return next(context, connection, { ...request, params });
  },
});

afterAll(async () => {
  await hre.hooks.runHandlerChain("test", "onTestWorkerDone", ["vitest"], async () => {});
});
