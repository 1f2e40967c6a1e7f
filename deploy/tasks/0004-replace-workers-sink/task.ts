/** The contract that gets the workers' part of the emission. The former one keeps what it was owed until then. */
import { type Address, encodeFunctionData } from "viem";
import { emissionVaultAbi } from "../../generated/abis.ts";
import { address, members } from "../../parameters/validate.ts";
import type { Task } from "../task.ts";

/** `Stream.Workers`. */
const WORKERS = 1;

interface State {
  readonly sink: Address;
  /** Whether there is a contract at the new sink. */
  readonly exists: boolean;
}

export function replaceWorkersSink(input: unknown): Task<State> {
  const sink = address(members(input, "", ["sink"]).sink, "sink");
  return {
    name: "0004-replace-workers-sink",
    title: "Replace the workers' sink",
    isDelayed: true,
    async read(client, { contracts }, blockNumber) {
      const [current, code] = await Promise.all([
        client.readContract({
          address: contracts.emissionVault,
          abi: emissionVaultAbi,
          functionName: "sinkOf",
          args: [WORKERS],
          blockNumber,
        }),
        client.getCode({ address: sink, blockNumber }),
      ]);
      return { sink: current, exists: code !== undefined };
    },
    operations(state, { contracts }) {
      if (!state.exists) throw new Error(`sink: there is no contract at ${sink}: deploy it first`);
      return [
        {
          call: {
            to: contracts.emissionVault,
            value: 0n,
            data: encodeFunctionData({ abi: emissionVaultAbi, functionName: "replaceSink", args: [WORKERS, sink] }),
            description: `replace the workers' sink ${state.sink} by ${sink}`,
          },
          changes: [
            { contract: "emissionVault", path: ["_streams", WORKERS, "sink"], to: BigInt(sink) },
            // Both depend on what was emitted until then and not pulled.
            { contract: "emissionVault", path: ["_streams", WORKERS, "pulled"], optional: true },
            { contract: "emissionVault", path: ["_settled", WORKERS, state.sink], optional: true },
            { contract: "emissionVault", path: ["_settled", WORKERS, sink], to: 0n, optional: true },
          ],
          isInEffect: state.sink === sink,
        },
      ];
    },
  };
}
