/** PHA in, vPHA out; and the other way, in 21 days. */
import { useState } from "react";
import { Link } from "wouter";
import { useEstimateFeesPerGas } from "wagmi";
import { type AccountState, useAccountAddress, useAccountState } from "../chain/account.ts";
import { useChainTime } from "../chain/clock.ts";
import { toAssets, toShares } from "../chain/pool.ts";
import { useStaking } from "../chain/staking.ts";
import { useTransaction } from "../chain/transaction.ts";
import { NoAccount } from "../app/NoAccount.tsx";
import { useConfig } from "../config/context.ts";
import { enteredAmount, overspent } from "../format/amount.ts";
import { formatDateTime } from "../format/time.ts";
import { AmountField } from "../ui/AmountField.tsx";
import { Card } from "../ui/Card.tsx";
import { Failure, Note } from "../ui/Note.tsx";
import { Segments } from "../ui/Segments.tsx";
import { TransactionSteps } from "../ui/TransactionSteps.tsx";
import { Amount, Fact } from "../ui/Value.tsx";

const UNBONDING = 21n * 86_400n;

/** Gas as measured (`bench/gas.snapshot.json`), rounded up, a permit included: for the estimate before the wallet has its own. */
const GAS = { stake: 140_000n, unstake: 95_000n };

type Direction = "stake" | "unstake";

export function StakeScreen() {
  const [direction, setDirection] = useState<Direction>("stake");
  const state = useAccountState();
  return (
    <>
      <h1>Stake PHA</h1>
      <div className="columns">
        <Card
          title={direction === "stake" ? "Stake" : "Unstake"}
          aside={
            <Segments
              label="Direction"
              options={[
                { value: "stake", name: "Stake" },
                { value: "unstake", name: "Unstake" },
              ]}
              value={direction}
              onChange={setDirection}
            />
          }
        >
          {state.isError ? (
            <Failure what="Your balances" error={state.error} onRetry={() => void state.refetch()} />
          ) : null}
          <Order key={direction} direction={direction} state={state.data} />
        </Card>
        <Card title="How it works">
          <ul className="stack">
            <li>vPHA is your share of the vault. Its price in PHA rises every second with the emission to stakers.</li>
            <li>
              Unstaking fixes the PHA at once, and pays them 21 days later. Nothing that happens in between changes
              that.
            </li>
            <li>A request can be cancelled before it matures: its PHA are staked again at the price of that moment.</li>
            <li>
              What you have, and what waits, is on <Link href="/position">Position</Link>.
            </li>
          </ul>
        </Card>
      </div>
    </>
  );
}

function Order({ direction, state }: { direction: Direction; state: AccountState | undefined }) {
  const account = useAccountAddress();
  const [typed, setTyped] = useState("");
  const { progress, isBusy, run } = useTransaction();
  const staking = useStaking(account);
  const now = useChainTime(30_000);

  const isStake = direction === "stake";
  const [unit, other] = isStake ? (["PHA", "vPHA"] as const) : (["vPHA", "PHA"] as const);
  const balance = account === undefined ? undefined : isStake ? state?.pha : state?.shares;
  const { amount, problem: misread } = enteredAmount(typed);
  const got =
    amount === null || state === undefined
      ? null
      : isStake
        ? toShares(state.pool, amount)
        : toAssets(state.pool, amount);
  const isPaused = isStake && state !== undefined && state.pausedUntil > now;
  const problem = misread ?? overspent(amount, balance, unit);
  const isReady = account !== undefined && amount !== null && amount > 0n && problem === null && !isPaused;

  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isReady || isBusy) return;
        void run((steps) => (isStake ? staking.deposit(amount, steps) : staking.request(amount, steps))).then(
          (isDone) => isDone && setTyped(""),
        );
      }}
    >
      <AmountField
        label={isStake ? "Amount to stake" : "Amount to unstake"}
        unit={unit}
        value={typed}
        onChange={setTyped}
        balance={balance}
        problem={problem}
        isDisabled={isBusy}
      />
      <dl className="facts">
        <Fact name="You get, about">
          {amount === null || amount === 0n ? `– ${other}` : <Amount wei={got} unit={other} digits={4} />}
        </Fact>
        <Fact name="Rate">
          1 vPHA = <Amount wei={state?.rate} unit="PHA" digits={6} />
        </Fact>
        {isStake ? null : (
          <Fact name="Claimable from">{formatDateTime(now + UNBONDING)}, or 21 days after the block that has it</Fact>
        )}
        <Fact name="Gas, about">
          <Gas gas={isStake ? GAS.stake : GAS.unstake} />
        </Fact>
      </dl>
      {isPaused ? (
        <Note tone="warn">
          Deposits are paused until {formatDateTime(state.pausedUntil)}. Unstaking and claiming go on.
        </Note>
      ) : null}
      {account === undefined ? <NoAccount>Connect a wallet to {direction}.</NoAccount> : null}
      <button type="submit" className="button button-primary button-wide" disabled={!isReady || isBusy}>
        {isBusy ? "Working…" : isStake ? "Stake" : "Request to unstake"}
      </button>
      <TransactionSteps
        progress={progress}
        success={isStake ? "Your PHA are staked." : "Your request is made. It is on Position, with its date."}
      />
    </form>
  );
}

/** What `gas` costs now. */
function Gas({ gas }: { gas: bigint }) {
  const { chain } = useConfig();
  // Asked for again with every block; where the chain has no such fees, what a wallet says counts.
  const fees = useEstimateFeesPerGas({ query: { refetchInterval: chain.blockTime * 1000 } });
  const price = fees.data?.maxFeePerGas;
  if (fees.isError && price === undefined) return <>your wallet tells</>;
  return <Amount wei={price === undefined ? undefined : gas * price} unit={chain.currency.symbol} digits={6} />;
}
