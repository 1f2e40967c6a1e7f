/** Who holds which role, and what each may call: as a picture and as tables. */
import type { ResultOf } from "gql.tada";
import { useConfig } from "../../config/context.ts";
import { shortHex } from "../../format/address.ts";
import { formatDateTime, formatSpan } from "../../format/time.ts";
import { useIndexed } from "../../indexer/client.ts";
import { ROLES } from "../../indexer/governance.ts";
import { Card } from "../../ui/Card.tsx";
import { ChainLink } from "../../ui/Links.tsx";
import { Failure } from "../../ui/Note.tsx";
import { Table } from "../../ui/Table.tsx";
import { Loading } from "../../ui/Value.tsx";
import { type Edge, Graph } from "../../ui/Graph.tsx";

type Data = ResultOf<typeof ROLES>;

export function Roles() {
  const indexed = useIndexed(ROLES, {});
  return (
    <Card title="Roles" aside={<span className="muted">a role is a delay class</span>}>
      {indexed.isError ? <Failure what="Roles" error={indexed.error} onRetry={() => void indexed.refetch()} /> : null}
      {indexed.data === undefined ? <Loading /> : <Shown data={indexed.data} />}
    </Card>
  );
}

function Shown({ data }: { data: Data }) {
  const { contracts } = useConfig();
  const members = data.roleMembers.items.filter(({ isMember }) => isMember);
  const functions = data.functionRoles.items;
  const mandate = data.guardianMandates.items[0];
  const names = new Map(
    Object.entries({ ...contracts, ...(mandate === undefined ? {} : { guardianMandate: mandate.mandate }) }).map(
      ([name, address]) => [address.toLowerCase(), name],
    ),
  );
  const nameOf = (address: string) => names.get(address) ?? shortHex(address);

  const held: Edge[] = members.map(({ name, account, delay }) => ({
    from: nameOf(account),
    to: name,
    label: delay === "0" ? "at once" : formatSpan(BigInt(delay)),
  }));
  const counts = new Map<string, { from: string; to: string; count: number }>();
  for (const { name, contract, target } of functions) {
    const to = contract ?? nameOf(target);
    const edge = counts.get(`${name} ${to}`) ?? { from: name, to, count: 0 };
    counts.set(`${name} ${to}`, { ...edge, count: edge.count + 1 });
  }
  const called: Edge[] = [...counts.values()].map(({ from, to, count }) => ({ from, to, label: String(count) }));

  return (
    <>
      <Graph
        title="Who holds what, and what it reaches"
        columns={["Holder, and the delay it waits", "Role", "Contract, and how many functions"]}
        edges={[held, called]}
      />
      {mandate === undefined ? null : (
        <p className="muted">
          The guardian acts through its mandate: <ChainLink kind="address" value={mandate.guardian} />,{" "}
          {mandate.isDismissed ? "dismissed" : "until"} {formatDateTime(BigInt(mandate.end))}.
        </p>
      )}
      <h3>Holders</h3>
      <Table
        label="Role holders"
        rows={members}
        rowKey={({ role, account }) => `${role}-${account}`}
        columns={[
          { name: "Role", cell: ({ name }) => name },
          {
            name: "Holder",
            cell: ({ account }) => (
              <>
                {names.get(account) ?? ""} <ChainLink kind="address" value={account} />
              </>
            ),
          },
          { name: "Delay", isNumber: true, cell: ({ delay }) => formatSpan(BigInt(delay)) },
          { name: "Since", cell: ({ since }) => formatDateTime(BigInt(since)) },
        ]}
      />
      <h3>What each class may call</h3>
      <Table
        label="Functions by class"
        rows={functions}
        rowKey={({ target, selector }) => `${target}-${selector}`}
        sorting={{ column: "Class", isDescending: false }}
        columns={[
          { name: "Class", key: ({ role }) => BigInt(role), cell: ({ name }) => name },
          {
            name: "Contract",
            cell: ({ contract, target }) => contract ?? <ChainLink kind="address" value={target} />,
          },
          { name: "Function", cell: ({ signature, selector }) => <code>{signature ?? selector}</code> },
        ]}
      />
    </>
  );
}
