"""What buyers are owed back: how much may go back (`left`), and the rows of what does (`owing`)."""
