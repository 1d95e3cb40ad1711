"""What every test stands on: the test servers, the network guard, the browser."""
