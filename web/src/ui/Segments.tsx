/** One of several, side by side. */
export function Segments<T extends string>(props: {
  label: string;
  options: readonly { readonly value: T; readonly name: string }[];
  value: T;
  onChange: (value: T) => void;
}) {
  return (
    <div className="segments" role="group" aria-label={props.label}>
      {props.options.map(({ value, name }) => (
        <button key={value} type="button" aria-pressed={value === props.value} onClick={() => props.onChange(value)}>
          {name}
        </button>
      ))}
    </div>
  );
}
