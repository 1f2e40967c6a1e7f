/** A decoded call: contract, function, and each argument in a line of its own. */
import { type Abi, type AbiFunction, hexToString, isHex, maxUint96, size, toFunctionSignature } from "viem";
import {
  attestationRegistryAbi,
  emissionVaultAbi,
  guardianMandateAbi,
  phalaAuthorityAbi,
  phalaGovernorAbi,
  slashingAbi,
  treasuryAbi,
  vphaAbi,
  workerRegistryAbi,
  workerRewardsAbi,
} from "../../../../deploy/generated/abis.ts";
import { exactAmount } from "../../format/amount.ts";
import { formatDateTime } from "../../format/time.ts";
import { ChainLink } from "../../ui/Links.tsx";
import { Fact } from "../../ui/Value.tsx";

/** The contracts that governance calls, as their sources are called. */
const ABIS: Readonly<Record<string, Abi>> = {
  AttestationRegistry: attestationRegistryAbi,
  EmissionVault: emissionVaultAbi,
  GuardianMandate: guardianMandateAbi,
  PhalaAuthority: phalaAuthorityAbi,
  PhalaGovernor: phalaGovernorAbi,
  Slashing: slashingAbi,
  Treasury: treasuryAbi,
  VPHA: vphaAbi,
  WorkerRegistry: workerRegistryAbi,
  WorkerRewards: workerRewardsAbi,
};

function functionOf(contract: string | null, signature: string): AbiFunction | undefined {
  return ABIS[contract ?? ""]
    ?.filter((item) => item.type === "function")
    .find((item) => toFunctionSignature(item) === signature);
}

/** Less than this is no amount in wei; a unix time is more than that. */
const LEAST = { amount: 10n ** 14n, time: 10n ** 9n };

/** What a number of this type means: amounts have 18 decimals in this suite, and times 40 or 48 bits. */
function meaning(value: bigint, type: string): string {
  if (/^uint(96|128|256)$/.test(type) && value >= LEAST.amount && value < maxUint96) return exactAmount(value);
  if (/^uint(40|48)$/.test(type) && value >= LEAST.time && value < 100n * LEAST.time) return formatDateTime(value);
  return "";
}

/** The argument as it is, and what it says: the text that a word holds, a number's amount or time. */
function shown(value: unknown, type: string | undefined): string {
  if (typeof value !== "string") return JSON.stringify(value);
  if (type?.startsWith("uint") === true && /^\d{1,78}$/.test(value)) {
    const said = meaning(BigInt(value), type);
    return said === "" ? value : `${value} (${said})`;
  }
  if (type !== "bytes32" || !isHex(value) || size(value) !== 32) return value;
  const text = hexToString(value, { size: 32 });
  return /^[\x20-\x7e]{2,}$/.test(text) ? `${value} “${text}”` : value;
}

/** As the indexer has decoded them, in JSON. */
function argumentsOf(json: string | null): readonly unknown[] {
  try {
    const args: unknown = JSON.parse(json ?? "[]");
    return Array.isArray(args) ? args : [];
  } catch {
    return [json];
  }
}

export function Call(props: {
  contract: string | null;
  signature: string | null;
  arguments: string | null;
  target: string;
}) {
  if (props.signature === null) {
    return (
      <>
        a call to <ChainLink kind="address" value={props.target} />, which is not of this suite
      </>
    );
  }
  const [name = ""] = props.signature.split("(");
  const inputs = functionOf(props.contract, props.signature)?.inputs ?? [];
  const values = argumentsOf(props.arguments);
  return (
    <div className="call">
      <code>
        {props.contract}.<strong>{name}</strong>
      </code>
      <dl className="facts facts-long">
        {values.map((value, i) => (
          <Fact key={i} name={`${inputs[i]?.name ?? ""} ${inputs[i]?.type ?? ""}`.trim()}>
            <code>{shown(value, inputs[i]?.type)}</code>
          </Fact>
        ))}
      </dl>
    </div>
  );
}
