/** Holds something up until the test lets it go on. */
export function gate(): { isOpen: Promise<void>; open: () => void } {
  let open = () => {};
  const isOpen = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    isOpen,
    open: () => {
      open();
    },
  };
}
