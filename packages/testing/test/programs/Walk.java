import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;

/** Walks the list of operations, and fetches the first: URL, name and password, then the size of a page. */
public class Walk {
  static final String path = "/v1/SenderPools/Operations";
  static final HttpClient client = HttpClient.newHttpClient();
  static String url;
  static String authorization;

  static String get(String target) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url + target))
      .header("Authorization", authorization)
      .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  static List<String> all(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().map(match -> match.group(1)).toList();
  }

  public static void main(String[] args) throws Exception {
    url = args[0];
    authorization = "Basic " + Base64.getEncoder().encodeToString((args[1] + ":" + args[2]).getBytes());
    List<String> ids = new ArrayList<>();
    String query = "?pageSize=" + args[3];
    while (true) {
      String page = get(path + query);
      ids.addAll(all("\"id\":\"([^\"]+)\"", page));
      List<String> next = all("\"next\":\"([^\"]+)\"", page);
      if (next.isEmpty()) break;
      query = "?pageSize=" + args[3] + "&pageToken=" + URLEncoder.encode(next.get(0), StandardCharsets.UTF_8);
    }
    String first = ids.get(0);
    String fetched = get(path + "/" + first).contains("\"id\":\"" + first + "\"") ? "True" : "False";
    String missing = all("\"code\":(\\d+)", get(path + "/comms_operation_01h9krwprkeee8fzqspvwy6nq8")).get(0);
    System.out.println(ids.size() + " " + new HashSet<>(ids).size() + " " + fetched + " " + missing);
  }
}
