/** What the readers of TCB info and QE identity must make of a text, by JSON.parse and the descriptions in their files. */
import { type Hex, concat, keccak256, numberToHex, padHex } from "viem";
import { TCB_STATUS_NAMES } from "../../scripts/attestation/calls.ts";
import type {
  IsvLevel,
  QeIdentity,
  TcbComponent,
  TcbInfo,
  TcbLevel,
  TdxModule,
} from "../../scripts/attestation/collateral.ts";
import { sortIsvLevels, sortLevels } from "../../scripts/attestation/tcb.ts";

const day = (date: string): Hex => numberToHex(Math.floor(Date.parse(date) / 86_400_000), { size: 2 });
const status = (name: string): Hex =>
  numberToHex(
    TCB_STATUS_NAMES.findIndex((known) => known === name),
    { size: 1 },
  );
const byte = (value: number): Hex => numberToHex(value, { size: 1 });
const svnBytes = (list: readonly TcbComponent[]): Hex => concat(list.map(({ svn }) => byte(svn)));
const identityOf = ({ mrsigner, attributes }: TdxModule): Hex => keccak256(`0x${mrsigner}${attributes}`);
const advisoryBytes = ({ advisoryIDs = [] }: TcbLevel | IsvLevel): Hex =>
  concat([
    byte(advisoryIDs.length),
    ...advisoryIDs.map((id) => {
      const [, digits] = /^INTEL-SA-(\d{5})$/.exec(id) ?? [];
      return numberToHex(digits === undefined ? 0xffffff : Number(digits), { size: 3 });
    }),
  ]);

/** The compiled form of a TCB info, by its description in TcbInfo.sol. */
function compiledOf({ tcbLevels, tdxModuleIdentities = [], tdxModule }: TcbInfo): Hex {
  const levels = sortLevels(tcbLevels);
  const modules = tdxModuleIdentities.map((module) => ({ ...module, tcbLevels: sortIsvLevels(module.tcbLevels) }));
  return concat([
    byte(levels.length),
    byte(modules.length),
    identityOf(tdxModule),
    ...levels.flatMap(({ tcb, tcbStatus, tcbDate }) => [
      svnBytes(tcb.sgxtcbcomponents),
      svnBytes(tcb.tdxtcbcomponents),
      numberToHex(tcb.pcesvn, { size: 2 }),
      status(tcbStatus),
      day(tcbDate),
    ]),
    ...modules.flatMap(({ id, tcbLevels: list, ...module }) => [
      `0x${id.slice(4)}` as const,
      byte(list.length),
      identityOf(module),
      ...list.flatMap(({ tcb, tcbStatus, tcbDate }) => [byte(tcb.isvsvn), status(tcbStatus), day(tcbDate)]),
    ]),
    ...[...levels, ...modules.flatMap(({ tcbLevels: list }) => list)].map(advisoryBytes),
  ]);
}

/** What must be read from a TCB info that is accepted. */
export function expectedTcbInfo(text: string) {
  const parsed = JSON.parse(text) as TcbInfo;
  return {
    issueDate: BigInt(Date.parse(parsed.issueDate) / 1000),
    nextUpdate: BigInt(Date.parse(parsed.nextUpdate) / 1000),
    evaluation: BigInt(parsed.tcbEvaluationDataNumber),
    fmspc: `0x${parsed.fmspc.toLowerCase()}`,
    compiled: compiledOf(parsed),
  };
}

/** The levels of a QE, compiled: those of the same effect that follow each other are one. */
function compiledLevels(levels: readonly IsvLevel[]): Hex {
  const effects = sortIsvLevels(levels).map(({ tcb, tcbStatus }) => ({
    svn: numberToHex(tcb.isvsvn, { size: 2 }),
    effect: status(tcbStatus === "UpToDate" || tcbStatus === "Revoked" ? tcbStatus : "OutOfDate"),
  }));
  const last = effects.filter(({ effect }, index) => effects[index + 1]?.effect !== effect);
  return padHex(concat(last.flatMap(({ svn, effect }) => [svn, effect])), { size: 21, dir: "right" });
}

/** What must be read from a QE identity that is accepted. */
export function expectedQeIdentity(text: string) {
  const parsed = JSON.parse(text) as QeIdentity;
  const hex = (digits: string) => `0x${digits.toLowerCase()}`;
  return {
    issueDate: BigInt(Date.parse(parsed.issueDate) / 1000),
    nextUpdate: BigInt(Date.parse(parsed.nextUpdate) / 1000),
    evaluation: BigInt(parsed.tcbEvaluationDataNumber),
    enclave: {
      mrSigner: hex(parsed.mrsigner),
      attributes: hex(parsed.attributes),
      attributesMask: hex(parsed.attributesMask),
      miscselect: hex(parsed.miscselect),
      miscselectMask: hex(parsed.miscselectMask),
      isvProdId: parsed.isvprodid,
      levels: compiledLevels(parsed.tcbLevels),
    },
  };
}
