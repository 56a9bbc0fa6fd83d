# Walks the list of operations, and fetches the first: URL, name and password, then the size of a page.
use strict;
use warnings;
use HTTP::Tiny;
use JSON::PP;
use MIME::Base64;

my ($url, $username, $password, $page_size) = @ARGV;
my $http = HTTP::Tiny->new(
  timeout => 1800,
  default_headers => { Authorization => "Basic " . encode_base64("$username:$password", "") },
);

sub get {
  my ($path, $query) = @_;
  my $target = $url . $path . ($query ? "?" . $http->www_form_urlencode($query) : "");
  return decode_json($http->get($target)->{content});
}

my $path = "/v1/SenderPools/Operations";
my %query = (pageSize => $page_size);
my @ids;
while (1) {
  my $page = get($path, \%query);
  push @ids, map { $_->{id} } @{ $page->{operations} };
  my $token = $page->{pagination}{next};
  last unless defined $token;
  $query{pageToken} = $token;
}

my %distinct = map { $_ => 1 } @ids;
my $fetched = get("$path/$ids[0]");
my $missing = get("$path/comms_operation_01h9krwprkeee8fzqspvwy6nq8");
print join(" ", scalar(@ids), scalar(keys %distinct), $fetched->{id} eq $ids[0] ? "True" : "False",
  $missing->{errors}[0]{code}), "\n";
