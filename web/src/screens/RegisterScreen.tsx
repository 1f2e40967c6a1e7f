/** A new worker from its quote: every check is shown before anything is signed. */
import { useId, useState } from "react";
import { Link } from "wouter";
import { type Address, encodeFunctionData } from "viem";
import { useConfig as useWagmiConfig } from "wagmi";
import { workerRegistryAbi } from "../../../deploy/generated/abis.ts";
import { NoAccount } from "../app/NoAccount.tsx";
import type { Quote } from "../../../scripts/attestation/quote.ts";
import { useAccountAddress, useAccountState } from "../chain/account.ts";
import { COMPUTE_ERRORS, computeReasonOf } from "../chain/computeReasons.ts";
import { pay } from "../chain/payment.ts";
import { send } from "../chain/send.ts";
import { type Steps, useTransaction } from "../chain/transaction.ts";
import { useConfig } from "../config/context.ts";
import { MODELS } from "../indexer/compute.ts";
import { useIndexed } from "../indexer/client.ts";
import { Card } from "../ui/Card.tsx";
import { Note } from "../ui/Note.tsx";
import { TransactionSteps } from "../ui/TransactionSteps.tsx";
import { Amount, Fact } from "../ui/Value.tsx";
import { CHECKS, type Ready, type Verdict, checkRegistration } from "./operate/registration.ts";
import {
  type Fields,
  InvalidRegistration,
  type Registration,
  parseFields,
  readRegistrationFile,
} from "./operate/registrationFile.ts";

export function RegisterScreen() {
  const account = useAccountAddress();
  return (
    <>
      <h1>Register a worker</h1>
      {account === undefined ? (
        <NoAccount>
          Connect the wallet that pays the collateral. The worker is the operator's that the quote names.
        </NoAccount>
      ) : (
        <Form key={account} account={account} />
      )}
    </>
  );
}

/** Bytes; a quote with all its certificates has some thousands. */
const LARGEST = 1_000_000;

const EMPTY: Fields = { operator: "", model: "", gpus: "", evidence: "", block: "" };

const problemOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function Form({ account }: { account: Address }) {
  const config = useConfig();
  const wagmi = useWagmiConfig();
  const state = useAccountState();
  const models = useIndexed(MODELS, {});
  const id = useId();
  const [quote, setQuote] = useState<Quote | null>(null);
  const [fields, setFields] = useState<Fields>({ ...EMPTY, operator: account });
  const [problem, setProblem] = useState<string | null>(null);
  const [verdicts, setVerdicts] = useState<readonly Verdict[]>([]);
  const [isChecking, setIsChecking] = useState(false);
  const [ready, setReady] = useState<{ readonly registration: Registration; readonly found: Ready } | null>(null);

  const change = (next: Partial<Fields>) => {
    setFields((before) => ({ ...before, ...next }));
    setVerdicts([]);
    setReady(null);
    setProblem(null);
  };
  const open = async (file: File) => {
    change({});
    setQuote(null);
    try {
      if (file.size > LARGEST) throw new InvalidRegistration("The file is too large to be a quote.");
      const read = readRegistrationFile(new Uint8Array(await file.arrayBuffer()));
      setQuote(read.quote);
      change(read.fields);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  const check = async () => {
    if (quote === null || state.data === undefined) return;
    setVerdicts([]);
    setReady(null);
    setProblem(null);
    setIsChecking(true);
    try {
      const registration = parseFields(quote, fields);
      const found = await checkRegistration(
        { wagmi, config, account },
        registration,
        state.data.shares,
        computeReasonOf,
        (verdict) => setVerdicts((before) => [...before, verdict]),
      );
      if (found !== null) setReady({ registration, found });
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setIsChecking(false);
    }
  };

  const listed = (models.data?.gpuModels.items ?? []).filter(({ isListed }) => isListed);
  const hasFailed = verdicts.some(({ isPassed }) => !isPassed);
  return (
    <div className="columns">
      <Card title="Quote">
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void check();
          }}
        >
          {/* What is checked is what is shown, until it is known. */}
          <fieldset className="stack" disabled={isChecking}>
            <div className="field">
              <label htmlFor={`${id}-file`}>File: a raw quote, or JSON with quote, block and subject</label>
              <input
                id={`${id}-file`}
                type="file"
                accept=".json,.bin,.hex,.txt,.dat"
                onChange={({ target: { files } }) => {
                  const file = files?.[0];
                  if (file !== undefined) void open(file);
                }}
              />
            </div>
            <TextField label="Operator" value={fields.operator} onChange={(operator) => change({ operator })} />
            <div className="field">
              <label htmlFor={`${id}-model`}>Model</label>
              <div className="field-box">
                <select
                  id={`${id}-model`}
                  value={fields.model}
                  onChange={({ target: { value } }) => change({ model: value })}
                >
                  <option value="">Choose</option>
                  {fields.model !== "" && !listed.some(({ name }) => name === fields.model) ? (
                    <option value={fields.model}>{fields.model}</option>
                  ) : null}
                  {listed.map(({ model, name }) => (
                    <option key={model} value={name}>
                      {name}
                    </option>
                  ))}
                </select>
              </div>
            </div>
            <TextField label="GPU ids, separated by spaces" value={fields.gpus} onChange={(gpus) => change({ gpus })} />
            <TextField
              label="Hash of the GPUs' evidence"
              value={fields.evidence}
              onChange={(evidence) => change({ evidence })}
            />
            <TextField
              label="Block that the quote names"
              value={fields.block}
              onChange={(block) => change({ block })}
            />
            {problem === null ? null : <Note tone="bad">{problem}</Note>}
            <button
              type="submit"
              className="button button-wide"
              disabled={quote === null || isChecking || state.data === undefined}
            >
              {isChecking ? "Checking…" : "Check"}
            </button>
          </fieldset>
        </form>
      </Card>
      <Card title="Checks" aside={<span className="muted">nothing is signed before all of them have passed</span>}>
        <ol className="checks" aria-live="polite">
          {CHECKS.map((name, i) => {
            const verdict = verdicts[i];
            const now = isChecking && i === verdicts.length && !hasFailed;
            return (
              <li
                key={name}
                data-state={verdict === undefined ? (now ? "now" : "next") : verdict.isPassed ? "passed" : "failed"}
              >
                <strong>{name}</strong>
                <span className="visually-hidden">
                  {verdict === undefined
                    ? now
                      ? ": running"
                      : ": waiting"
                    : verdict.isPassed
                      ? ": passed"
                      : ": failed"}
                </span>
                {verdict === undefined ? null : <div className="muted">{verdict.said}</div>}
              </li>
            );
          })}
        </ol>
        {ready === null ? null : <Submit account={account} {...ready} />}
      </Card>
    </div>
  );
}

function Submit(props: { account: Address; registration: Registration; found: Ready }) {
  const { account, registration, found } = props;
  const { chain, contracts } = useConfig();
  const wagmi = useWagmiConfig();
  const { progress, isBusy, run } = useTransaction(computeReasonOf);
  const { required: amount, shown, worker } = found;
  const { subject } = registration;
  const { workerRegistry: spender, vpha: token } = contracts;
  const register = (steps: Steps) =>
    pay(wagmi, { chainId: chain.id, token, owner: account, spender, amount }, steps, (permit) =>
      send(
        { wagmi, chainId: chain.id, account, steps },
        {
          to: spender,
          abi: COMPUTE_ERRORS,
          data:
            permit === null
              ? encodeFunctionData({
                  abi: workerRegistryAbi,
                  functionName: "register",
                  args: [subject, shown, amount],
                })
              : encodeFunctionData({
                  abi: workerRegistryAbi,
                  functionName: "registerWithPermit",
                  args: [subject, shown, amount, permit],
                }),
        },
      ),
    );
  return (
    <>
      <dl className="facts">
        <Fact name="Collateral, back 21 days after the exit">
          <Amount wei={amount} unit="vPHA" />
        </Fact>
      </dl>
      <button
        type="button"
        className="button button-primary button-wide"
        disabled={isBusy || progress.stage === "confirmed"}
        onClick={() => void run(register)}
      >
        {isBusy ? "Working…" : "Register"}
      </button>
      <TransactionSteps progress={progress} success="The worker is registered. It earns from its first heartbeat on." />
      {progress.stage === "confirmed" ? <Link href={`/workers/${worker.toLowerCase()}`}>Its page</Link> : null}
    </>
  );
}

function TextField(props: { label: string; value: string; onChange: (value: string) => void }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{props.label}</label>
      <div className="field-box">
        <input
          id={id}
          className="mono"
          autoComplete="off"
          spellCheck={false}
          value={props.value}
          onChange={(event) => props.onChange(event.target.value)}
        />
      </div>
    </div>
  );
}
