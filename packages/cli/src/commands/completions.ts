import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import * as Console from "effect/Console"

// The generated script mentions the built-in flag `--completions`, which this command does not have.
const script = (shell: Completions.Shell, root: Command.Command.Any): string =>
  Completions.generate("comms", shell, Completions.fromCommand(root)).replaceAll("--completions ", "completions ")

/** Prints the completion script of the root command. */
export const completions = (root: () => Command.Command.Any) =>
  Command.make("completions", {
    shell: Argument.Literals("shell", ["bash", "zsh", "fish", "powershell"]).pipe(Argument.withDescription("The shell"))
  }, ({ shell }) => Console.log(script(shell, root()))).pipe(
    Command.withDescription("Print the completion script of a shell"),
    Command.withExamples([
      { command: "source <(comms completions bash)", description: "In ~/.bashrc" },
      {
        command: "comms completions powershell | Out-String | Invoke-Expression",
        description: "In the file that $PROFILE names, for PowerShell"
      }
    ])
  )
