/** ERC-20, as the EIP says it, with the errors of ERC-6093 left open: any refusal counts. */
import { type Address, erc20Abi, maxUint256, zeroAddress } from "viem";
import { expect } from "vitest";
import { expectRefusal } from "../../helpers/errors.ts";
import { expectEvent } from "../../helpers/events.ts";
import type { Stage } from "../../helpers/stage.ts";
import { type Checks, registerChecks } from "./behaviour.ts";

export interface Erc20Subject {
  readonly stage: Stage;
  readonly token: Address;
  /** Owns at least 1,000 wei of the token. */
  readonly holder: Address;
  /** Two accounts that own nothing of it. */
  readonly spender: Address;
  readonly receiver: Address;
}

const open = ({ stage, token }: Erc20Subject) => stage.at(erc20Abi, token);

export const erc20Checks: Checks<Erc20Subject> = {
  "has a name, a symbol and decimals": async (subject) => {
    const token = open(subject);
    expect(await token.read.name()).not.toBe("");
    expect(await token.read.symbol()).not.toBe("");
    expect(await token.read.decimals()).toBeGreaterThanOrEqual(0);
  },
  "transfer moves exactly the amount and tells of it": async (subject) => {
    const { stage, holder, receiver } = subject;
    const token = open(subject);
    const [before, supply] = [await token.read.balanceOf([holder]), await token.read.totalSupply()];
    const hash = token.write.transfer([receiver, 400n], { account: holder });
    await expectEvent(stage, hash, token, "Transfer", { from: holder, to: receiver, value: 400n });
    expect(await token.read.balanceOf([holder])).toBe(before - 400n);
    expect(await token.read.balanceOf([receiver])).toBe(400n);
    expect(await token.read.totalSupply()).toBe(supply);
  },
  "transfer of zero is a transfer": async (subject) => {
    const { stage, holder, receiver } = subject;
    const token = open(subject);
    const hash = token.write.transfer([receiver, 0n], { account: holder });
    await expectEvent(stage, hash, token, "Transfer", { from: holder, to: receiver, value: 0n });
  },
  "transfer to oneself changes nothing": async (subject) => {
    const token = open(subject);
    const before = await token.read.balanceOf([subject.holder]);
    await token.write.transfer([subject.holder, before], { account: subject.holder });
    expect(await token.read.balanceOf([subject.holder])).toBe(before);
  },
  "transfer of more than the balance is refused": async (subject) => {
    const token = open(subject);
    const amount = (await token.read.balanceOf([subject.holder])) + 1n;
    await expectRefusal(token.write.transfer([subject.receiver, amount], { account: subject.holder }), "overdraft");
  },
  "transfer to the zero address is refused": async (subject) => {
    await expectRefusal(open(subject).write.transfer([zeroAddress, 1n], { account: subject.holder }), "zero address");
  },
  "approve sets the allowance, anew each time": async (subject) => {
    const { stage, holder, spender } = subject;
    const token = open(subject);
    const hash = token.write.approve([spender, 500n], { account: holder });
    await expectEvent(stage, hash, token, "Approval", { owner: holder, spender, value: 500n });
    await token.write.approve([spender, 300n], { account: holder });
    expect(await token.read.allowance([holder, spender])).toBe(300n);
  },
  "transferFrom spends the allowance": async (subject) => {
    const { stage, holder, spender, receiver } = subject;
    const token = open(subject);
    await token.write.approve([spender, 500n], { account: holder });
    const hash = token.write.transferFrom([holder, receiver, 200n], { account: spender });
    await expectEvent(stage, hash, token, "Transfer", { from: holder, to: receiver, value: 200n });
    expect(await token.read.allowance([holder, spender])).toBe(300n);
    expect(await token.read.balanceOf([receiver])).toBe(200n);
  },
  "transferFrom beyond the allowance is refused": async (subject) => {
    const { holder, spender, receiver } = subject;
    const token = open(subject);
    await token.write.approve([spender, 199n], { account: holder });
    await expectRefusal(token.write.transferFrom([holder, receiver, 200n], { account: spender }), "no allowance");
  },
  "transferFrom needs an allowance even for the owner's own tokens": async (subject) => {
    const { holder, receiver } = subject;
    await expectRefusal(
      open(subject).write.transferFrom([holder, receiver, 1n], { account: holder }),
      "no allowance of oneself",
    );
  },
  "an unlimited allowance lets everything through": async (subject) => {
    const { holder, spender, receiver } = subject;
    const token = open(subject);
    await token.write.approve([spender, maxUint256], { account: holder });
    const balance = await token.read.balanceOf([holder]);
    await token.write.transferFrom([holder, receiver, balance], { account: spender });
    expect(await token.read.balanceOf([receiver])).toBe(balance);
  },
};

/** Tests ERC-20 on what `load` returns. */
export const shouldBehaveLikeERC20 = (load: () => Promise<Erc20Subject>): void =>
  registerChecks("behaves like ERC-20", erc20Checks, load);
