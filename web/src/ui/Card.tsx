import type { ReactNode } from "react";

/** A titled part of a screen. */
export function Card(props: { title: string; aside?: ReactNode; children: ReactNode; id?: string }) {
  const heading = `${props.id ?? props.title.toLowerCase().replace(/[^a-z]+/g, "-")}-title`;
  return (
    <section className="card" aria-labelledby={heading}>
      <div className="card-head">
        <h2 id={heading}>{props.title}</h2>
        {props.aside}
      </div>
      {props.children}
    </section>
  );
}
