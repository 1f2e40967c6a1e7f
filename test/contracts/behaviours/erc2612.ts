/** ERC-2612: approval by signature. */
import { type Address, maxUint256, parseAbi } from "viem";
import { expect } from "vitest";
import { expectRefusal } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import { type SignedPermit, signPermit } from "../../helpers/permit.ts";
import type { Stage } from "../../helpers/stage.ts";
import { type Checks, registerChecks } from "./behaviour.ts";

export interface Erc2612Subject {
  readonly stage: Stage;
  readonly token: Address;
  readonly holder: Address;
  readonly spender: Address;
  /** Anybody else. */
  readonly other: Address;
}

const abi = parseAbi([
  "function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)",
  "function nonces(address owner) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
  "event Approval(address indexed owner, address indexed spender, uint256 value)",
]);

const open = ({ stage, token }: Erc2612Subject) => stage.at(abi, token);

const submit = (subject: Erc2612Subject, { owner, spender, value, deadline, v, r, s }: SignedPermit) =>
  open(subject).write.permit([owner, spender, value, deadline, v, r, s], { account: subject.other });

const sign = (subject: Erc2612Subject, changes: Partial<SignedPermit> = {}, options = {}) => {
  const { stage, token, holder, spender } = subject;
  const permit = { owner: holder, spender, value: 700n, deadline: stage.now() + 60n, ...changes };
  return signPermit(stage, token, permit, options);
};

export const erc2612Checks: Checks<Erc2612Subject> = {
  "anybody can submit a permit, once": async (subject) => {
    const { stage, holder, spender } = subject;
    const token = open(subject);
    const permit = await sign(subject);
    await expectEvent(stage, submit(subject, permit), token, "Approval", { owner: holder, spender, value: 700n });
    expect(await token.read.allowance([holder, spender])).toBe(700n);
    expect(await token.read.nonces([holder])).toBe(1n);
    await expectRefusal(submit(subject, permit), "the same permit again");
  },
  "is good in its last second and not in the next": async (subject) => {
    const permit = await sign(subject);
    const late = await sign(subject, { deadline: subject.stage.now() + 59n });
    await subject.stage.travel(60n);
    await expectRefusal(submit(subject, late), "a permit after its deadline");
    await submit(subject, permit);
  },
  "of another signer is refused": async (subject) => {
    await expectRefusal(submit(subject, await sign(subject, {}, { signer: subject.other })), "another's signature");
  },
  "with a nonce that is not the next is refused": async (subject) => {
    await expectRefusal(submit(subject, await sign(subject, {}, { nonce: 1n })), "a later nonce");
  },
  "with another value or spender than was signed is refused": async (subject) => {
    const permit = await sign(subject);
    await expectRefusal(submit(subject, { ...permit, value: 701n }), "another value");
    await expectRefusal(submit(subject, { ...permit, spender: subject.other }), "another spender");
    await expectRefusal(submit(subject, { ...permit, deadline: maxUint256 }), "another deadline");
  },
  "for another domain is refused": async (subject) => {
    const domain = { name: "Another token", version: "1" };
    await expectRefusal(submit(subject, await sign(subject, {}, { domain })), "another token's domain");
  },
};

/** Tests ERC-2612 on what `load` returns. */
export const shouldBehaveLikeERC2612 = (load: () => Promise<Erc2612Subject>): void =>
  registerChecks("behaves like ERC-2612", erc2612Checks, load);
