import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import * as Console from "effect/Console"

// The script says how it is installed, with a flag that Effect's commands have by default.
const script = (shell: Completions.Shell, root: Command.Command.Any): string =>
  Completions.generate("comms", shell, Completions.fromCommand(root)).replaceAll("--completions ", "completions ")

/** The script that completes a command, which has this one in it. */
export const completions = (root: () => Command.Command.Any) =>
  Command.make("completions", {
    shell: Argument.Literals("shell", ["bash", "zsh", "fish"]).pipe(Argument.withDescription("The shell"))
  }, ({ shell }) => Console.log(script(shell, root()))).pipe(
    Command.withDescription("Print the script that completes commands and flags in a shell"),
    Command.withExamples([
      { command: "source <(comms completions bash)", description: "In ~/.bashrc" }
    ])
  )
