/** What a transaction is expected to have said. */
import { type Abi, type Address, type ContractEventName, type Hex, isAddressEqual, parseEventLogs } from "viem";
import { expect } from "vitest";
import { plain } from "./errors.ts";
import type { Stage } from "./stage.ts";

interface Emitter<abi extends Abi> {
  readonly abi: abi;
  readonly address: Address;
}

/** The events `eventName` that `contract` emitted in transaction `hash`, in their order. */
export async function eventsOf<const abi extends Abi, name extends ContractEventName<abi>>(
  stage: Stage,
  hash: Hex,
  contract: Emitter<abi>,
  eventName: name,
) {
  const { logs } = await stage.publicClient.getTransactionReceipt({ hash });
  return parseEventLogs({
    abi: contract.abi,
    eventName,
    logs: logs.filter((log) => isAddressEqual(log.address, contract.address)),
  });
}

/** Expects `contract` to have emitted `eventName` once in transaction `hash`, with at least these arguments. */
export async function expectEvent<const abi extends Abi>(
  stage: Stage,
  hash: Hex | Promise<Hex>,
  contract: Emitter<abi>,
  eventName: ContractEventName<abi>,
  args: Readonly<Record<string, unknown>>,
): Promise<void> {
  const events: readonly { args: unknown }[] = await eventsOf(stage, await hash, contract, eventName);
  expect(
    events.map((event) => plain(event.args ?? {})),
    `${eventName} events`,
  ).toEqual([expect.objectContaining(Object(plain(args)))]);
}
